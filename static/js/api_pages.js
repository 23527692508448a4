// Starts the program that draws the till API's description. Nothing is fetched from elsewhere.
(() => {
  const place = document.getElementById('api'), url = place.dataset.document;
  if (place.dataset.with === 'swagger') {
    SwaggerUIBundle({url, domNode: place, validatorUrl: null, deepLinking: true, persistAuthorization: false});
  } else {
    const fonts = {fontFamily: 'system-ui, sans-serif'};
    Redoc.init(url, {disableSearch: true, hideDownloadButton: false, nativeScrollbars: true, theme: {typography: {...fonts, headings: fonts}}}, place);
  }
})();
