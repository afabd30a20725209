/**
 * The currencies in which an order may be charged, with the number of decimals of each.
 *
 * Source: ISO 4217 "List one" as published on 2026-01-01 (amendment 180), compared with the list of 2024-06-25:
 * since then ANG, BGN and CUC were removed and XCG was added. Left out: precious metals, bond market units, test
 * codes and funds, in which nobody is charged. CLF is a fund by the list, but is kept because Chilean prices are
 * quoted in it. Some payment networks use other decimals (HUF, TWD, UGX): their adapters must convert.
 *
 * When ISO withdraws a code, new orders in it are refused, but its payments must stay readable.
 */
const CODES_BY_EXPONENT: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF',
  2: [
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY',
    'COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF',
    'IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR',
    'MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG',
    'SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES',
    'WST XCD XCG YER ZAR ZMW ZWG',
  ].join(' '),
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

/** Decimals by ISO 4217 alphabetic code: `USD` → 2, `JPY` → 0. */
export const CURRENCIES: ReadonlyMap<string, number> = new Map(
  Object.entries(CODES_BY_EXPONENT).flatMap(([exponent, codes]) =>
    codes.split(' ').map((code): [string, number] => [code, Number(exponent)]),
  ),
);

/** The decimals of a currency, or `undefined` if the code (upper case) cannot be charged. */
export function exponentOf(currency: string): number | undefined {
  return CURRENCIES.get(currency);
}
