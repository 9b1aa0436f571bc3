// A worker's morning, as whoever writes a page for us would: nothing is checked here but that the types say what is there.
import createClient from "openapi-fetch";
import type { paths as Issues } from "./guiren_issues";
import type { paths as Reporting } from "./guiren_reporting";
import type { paths as Roster } from "./guiren_roster";
import type { paths as Visits } from "./guiren_visits";

export async function morning(account: string, visit: string): Promise<string> {
  const visits = createClient<Visits>({ baseUrl: "/api/visits" });
  const issues = createClient<Issues>({ baseUrl: "/api/issues" });
  const plan = await visits.GET("/plan", { params: { query: { worker: account } } });
  if (plan.error) return plan.error.title;
  if (!("worker" in plan.data)) return plan.data.name;
  const first = plan.data.items.find((item) => !item.done);
  if (!first) return `${plan.data.done}/${plan.data.total}`;
  const recorded = await visits.PUT("/visits/{id_}", {
    params: { path: { id_: visit } },
    body: { on: plan.data.today, mode: "on_site", enterprise: first.enterprise, demands: [{ no: 1, content: "希望协助招聘" }] },
  });
  if (recorded.error) return recorded.error.title;
  const { data, error } = await issues.GET("/issues", { params: { query: { visit } } });
  return error ? error.title : data.items.map((row) => `${row.no} ${row.stage_label}`).join();
}

export async function figures(month: string): Promise<string> {
  const units = await createClient<Roster>({ baseUrl: "/api/roster" }).GET("/units");
  const filed = await createClient<Reporting>({ baseUrl: "/api/reporting" }).GET("/ledgers", { params: { query: { month } } });
  // @ts-expect-error The types know what is not there.
  units.data?.tomorrow;
  return `${units.data?.items.length ?? 0} ${filed.data?.items.length ?? 0}`;
}
