// Draws one page: from the picture that the pipeline made, or from the PDF, which is loaded only then.

const MOST_PIXELS = 16_000_000;
const THUMB = 120;

export class Source {
  constructor(data) {
    this.data = data;
    this.document = null;
  }

  /** The PDF, opened at most once. */
  pdf() {
    this.document ??= this.open();
    return this.document;
  }

  async open() {
    const { library, worker, cmaps, fonts, wasm } = this.data.tools;
    const pdfjs = await import(/* an address of the page, not of the bundle */ `${library}`);
    pdfjs.GlobalWorkerOptions.workerSrc = worker;
    const whole = (path) => new URL(path, location.href).href;
    return pdfjs.getDocument({
      url: this.data.pdf,
      cMapUrl: whole(cmaps),
      cMapPacked: true,
      standardFontDataUrl: whole(fonts),
      wasmUrl: whole(wasm),
      useWasm: false,
      isEvalSupported: false,
      enableXfa: false,
      disableAutoFetch: true,
      rangeChunkSize: 262144,
    }).promise;
  }

  async count() {
    return this.data.pdf ? (await this.pdf()).numPages : this.data.pages.length;
  }

  /** {element, ratio}: the page as an element, `width` CSS pixels wide. */
  async draw(number, width) {
    const picture = this.data.images[number];
    if (picture) return this.image(picture);
    if (!this.data.pdf) throw new Error("no picture");
    return this.canvas(number, width);
  }

  async image(url) {
    const element = new Image();
    element.alt = "";
    element.src = url;
    await element.decode();
    return { element, ratio: element.naturalHeight / element.naturalWidth, natural: element.naturalWidth };
  }

  async canvas(number, width) {
    const page = await (await this.pdf()).getPage(number);
    const rotation = (page.rotate + (Number(this.data.turned?.[number]) || 0)) % 360;
    const plain = page.getViewport({ scale: 1, rotation });
    const ratio = plain.height / plain.width;
    const most = Math.sqrt(MOST_PIXELS / ratio);
    const scale = Math.min(width * (devicePixelRatio || 1), most) / plain.width;
    const viewport = page.getViewport({ scale, rotation });
    const element = document.createElement("canvas");
    element.width = Math.round(viewport.width);
    element.height = Math.round(viewport.height);
    await page.render({ canvas: element, canvasContext: element.getContext("2d"), viewport }).promise;
    return { element, ratio, natural: 0 };
  }

  async thumb(number) {
    const picture = this.data.images[number];
    if (!picture) return (await this.canvas(number, THUMB)).element;
    return (await this.image(picture)).element;
  }
}
