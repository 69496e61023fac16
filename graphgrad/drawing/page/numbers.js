/** Numbers and shares as text, in the same form as in every picture of graphgrad. */

/** `value` with four significant digits, as C writes "%.4g". */
export function fourDigits(value) {
  if (value === null || value === undefined) return "unknown";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : `${value}`;
  if (value === 0) return "0";
  const [digits, power] = value.toExponential(3).split("e");
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 4) return String(Number(value.toPrecision(4)));
  const sign = exponent < 0 ? "-" : "+";
  const places = String(Math.abs(exponent)).padStart(2, "0");
  return `${Number(digits)}e${sign}${places}`;
}

/** A share between 0 and 1 as a percentage; what is not 0 never reads 0%. */
export function percent(share) {
  if (share === null || share === undefined) return "unknown";
  const hundredth = share * 100;
  if (hundredth > 0 && hundredth < 0.1) return "< 0.1%";
  if (hundredth < 100 && hundredth > 99.9) return "> 99.9%";
  return `${Number(hundredth.toFixed(1))}%`;
}

/** "1 node", "2 nodes". */
export function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
