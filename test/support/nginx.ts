import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { bareEnvironment, startChild } from './child.ts';

export interface Nginx {
  close(): Promise<void>;
}

const files = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

function configuration(folder: string, port: number, replicas: readonly number[]): string {
  return `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events {}
http {
  access_log off;
  ${files.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  upstream doorman {
    ${replicas.map((replica) => `server 127.0.0.1:${replica} max_fails=1 fail_timeout=60s;`).join('\n    ')}
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://doorman;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 1h;
      add_header X-Served-By $upstream_addr always;
    }
  }
}
`;
}

function answers(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    }).on('error', reject);
  });
}

/**
 * Debian's nginx on a loopback port, taking turns between replicas. It keeps no connection to them
 * open: one to a replica that has just died would take a call with it that came later.
 */
export async function startNginx(port: number, replicas: readonly number[]): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-doorman-nginx-'));
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration(folder, port, replicas));
  const child = startChild('nginx', ['-p', folder, '-c', file], { env: bareEnvironment({}) });
  await vi
    .waitFor(() => answers(port), { timeout: 10_000, interval: 20 })
    .catch((cause) => {
      const log = readFileSync(join(folder, 'error.log'), 'utf8');
      throw new Error(`nginx does not start: ${log} ${child.output.stderr}`, { cause });
    });
  return {
    async close() {
      await child.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
