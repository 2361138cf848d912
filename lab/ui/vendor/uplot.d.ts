// What of uplot.js is used, for the type checker; the file itself is as published.
export default class uPlot {
  constructor(options: any, data: any, target: HTMLElement);
  setData(data: any): void;
  setSize(size: { width: number; height: number }): void;
  destroy(): void;
}
