import pg from 'pg';

/** Runs the statements on a new connection, and returns the rows of the last one. */
export async function query<Row extends pg.QueryResultRow = Record<string, unknown>>(
  url: string,
  ...statements: string[]
): Promise<Row[]> {
  const client = new pg.Client(url);
  client.on('error', () => {}); // the server may end first
  await client.connect();
  try {
    let rows: Row[] = [];
    for (const statement of statements) ({ rows } = await client.query<Row>(statement));
    return rows;
  } finally {
    await client.end();
  }
}
