/**
 * The file of several gateways: a list, in which each gateway has its accounts and the settings that it would have in the environment if it were
 * the only one. So a gateway is described in one way, however many there are.
 */
import { unknownSettings } from './unknown-settings.ts';

/** A gateway of the file, as an environment of its own. */
export interface FiledGateway {
  /** For messages: where in the file it is. */
  readonly place: string;
  readonly accounts: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export interface FiledGateways {
  readonly gateways: readonly FiledGateway[];
  readonly problems: readonly string[];
}

/** A gateway has these of its own. It takes the others from the environment, and these two as well if it has none. */
const SHARED: readonly string[] = ['MAX_CALLS', 'MAX_LOOKUPS'];
/** For one start, of all gateways. */
const OF_THE_START = 'GATEWAY_CHANGE';

type Fields = Readonly<Record<string, unknown>>;

export interface FileReading {
  /** What the file holds. */
  readonly text: string;
  readonly env: NodeJS.ProcessEnv;
  /** All settings. */
  readonly known: readonly string[];
  /** What is wrong with an account's id, as the rest of a sentence; null: nothing. */
  readonly accountComplaint: (id: string) => string | null;
}

/** Never throws. No problem repeats a value: it may be a secret. */
export function readGatewaysFile({ text, env, known, accountComplaint }: FileReading): FiledGateways {
  const own = known.filter((name) => isOfGateway(name) || SHARED.includes(name));
  const outside = own.filter((name) => !SHARED.includes(name) && env[name] !== undefined);
  const problems = outside.map(
    (name) => `GATEWAYS_FILE and ${name} are both set. Put ${name} into the file, or unset one of the two.`,
  );
  const list = listIn(text);
  if (list === null) {
    const wrong =
      'GATEWAYS_FILE must hold a JSON list with at least one gateway; see docs/several-gateways.md.';
    return { gateways: [], problems: [...problems, wrong] };
  }
  const gateways = list.map((entry, index) => {
    const place = `GATEWAYS_FILE, gateway ${index + 1}`;
    const read = readEntry(entry, { env, own, alone: list.length === 1, accountComplaint });
    problems.push(...read.problems.map((problem) => `${place}: ${problem}`));
    return { place, accounts: read.accounts, env: read.env };
  });
  return { gateways, problems: [...problems, ...twice(gateways)] };
}

function isOfGateway(name: string): boolean {
  return /^(?:GATEWAY|STRIPE)(?:_|$)/.test(name) && name !== OF_THE_START;
}

function listIn(text: string): readonly unknown[] | null {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.length > 0 ? list : null;
  } catch {
    // The parser's message may quote a secret.
    return null;
  }
}

interface EntryReading extends Pick<FileReading, 'env' | 'accountComplaint'> {
  /** The settings that a gateway may have. */
  readonly own: readonly string[];
  /** Whether it is the only one in the file. */
  readonly alone: boolean;
}

function readEntry(
  entry: unknown,
  { env, own, alone, accountComplaint }: EntryReading,
): Omit<FiledGateway, 'place'> & { readonly problems: readonly string[] } {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
    return { accounts: [], env: {}, problems: ['it must be an object.'] };
  const { accounts, ...fields } = entry as Fields;
  const problems: string[] = [];
  const values: Record<string, string> = {};
  const referred: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (!own.includes(name)) continue;
    const variable = variableOf(value);
    if (variable !== undefined) referred.push(variable);
    const text = variable === undefined ? value : env[variable];
    if (typeof text === 'string') values[name] = text;
    else
      problems.push(
        variable === undefined
          ? `${name} must be a text, or {"env": "…"} with the name of a variable that holds it.`
          : `${name} is to come from the variable ${variable}, which is not set.`,
      );
  }
  problems.push(...unknownIn(fields, own), ...accountProblems(accounts, accountComplaint));
  if (values.GATEWAY === 'fake')
    problems.push('the fake gateway cannot be one of several. Run it apart: payonce fake-gateway.');
  // Without a word the fake gateway could be chosen.
  else if (!values.GATEWAY && !values.GATEWAY_URL)
    problems.push('it needs GATEWAY_URL, or GATEWAY with the word stripe.');
  if (!alone && values.GATEWAY === 'stripe' && !values.STRIPE_ACCOUNT)
    problems.push(
      'STRIPE_ACCOUNT is needed beside other gateways. Without it a key that is refused would keep all of them from starting.',
    );
  const ofProcess = Object.entries(env).filter(
    ([name]) => !referred.includes(name) && (!isOfGateway(name) || !own.includes(name)),
  );
  const wellFormed = Array.isArray(accounts) ? accounts.filter((id) => typeof id === 'string') : [];
  return { accounts: wellFormed, env: { ...Object.fromEntries(ofProcess), ...values }, problems };
}

function variableOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { env, ...more } = value as Fields;
  return typeof env === 'string' && env !== '' && Object.keys(more).length === 0 ? env : undefined;
}

/** Whatever is no setting of a gateway, also what belongs into the environment. */
function unknownIn(fields: Fields, own: readonly string[]): string[] {
  const unknown = Object.keys(fields).filter((name) => !own.includes(name));
  return unknown.map((name) => {
    const [meant] = unknownSettings({ GATEWAY: 'stripe', [name]: '' }, own);
    return meant ?? `${name} is no setting of a gateway.`;
  });
}

function accountProblems(accounts: unknown, complain: FileReading['accountComplaint']): string[] {
  if (!Array.isArray(accounts)) return ['"accounts" must be a list of account ids; it may be empty.'];
  return accounts.flatMap((id: unknown) => {
    if (typeof id !== 'string') return ['"accounts" must hold texts only.'];
    const complaint = complain(id);
    return complaint === null ? [] : [`an account id ${complaint}.`];
  });
}

function twice(gateways: readonly FiledGateway[]): string[] {
  const seen = new Set<string>();
  return gateways.flatMap(({ accounts, place }) =>
    accounts.flatMap((id) => {
      if (seen.has(id)) return [`${place}: the account "${id}" has a gateway already. Name it once.`];
      seen.add(id);
      return [];
    }),
  );
}
