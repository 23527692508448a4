// Starts the program that draws the till API's description. Nothing is fetched from elsewhere.
(() => {
  const place = document.getElementById('api'), url = place.dataset.document;
  if (place.dataset.with === 'swagger') {
    SwaggerUIBundle({url, domNode: place, validatorUrl: null, deepLinking: true, persistAuthorization: false});
    return;
  }
  // Redoc would fetch its mark from its maker: pictures here are none but those that are in the page.
  const picture = HTMLImageElement.prototype, ours = address => String(address).startsWith('data:');
  const {get, set} = Object.getOwnPropertyDescriptor(picture, 'src');
  Object.defineProperty(picture, 'src', {get, set(address) { if (ours(address)) set.call(this, address); }});
  picture.setAttribute = function (name, value) {
    if (name !== 'src' || ours(value)) Element.prototype.setAttribute.call(this, name, value);
  };
  const fonts = {fontFamily: 'system-ui, sans-serif'};
  Redoc.init(url, {disableSearch: true, nativeScrollbars: true, theme: {typography: {...fonts, headings: fonts}}}, place);
})();
