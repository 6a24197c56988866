/** As much of Deno as the example needs. */
declare const Deno: {
  readonly env: { get(name: string): string | undefined };
  serve(
    options: { readonly hostname: string; readonly port: number },
    handler: (request: Request) => Promise<Response>,
  ): unknown;
};
