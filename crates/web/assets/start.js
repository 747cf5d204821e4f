// Shows the description of the plane that serves this page, and loads nothing from elsewhere.
Scalar.createApiReference("#reference", {
  url: "/openapi.json",
  layout: "modern",
  theme: "default",
  withDefaultFonts: false,
  telemetry: false,
  persistAuth: false,
  hideClientButton: true,
  showDeveloperTools: "never",
  agent: { disabled: true },
  mcp: { disabled: true },
  documentDownloadType: "direct",
});
