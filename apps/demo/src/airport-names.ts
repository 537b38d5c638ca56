import { readDataset } from "./dataset.ts";

/** City by airport code, for the table. The columns up to the city hold no quoted commas; a line that does is passed over. */
export function loadCities(): ReadonlyMap<string, string> {
  const cities = new Map<string, string>();
  for (const line of readDataset("airports.csv").split("\n").slice(1)) {
    const [code, name, city] = line.split(",");
    if (code && city && !name?.includes('"') && !city.includes('"')) cities.set(code, city);
  }
  return cities;
}
