// A dashboard of all accounts, made of Home Assistant's own cards.
//
// Home Assistant calls generate() when somebody opens the dashboard, and again when an account is
// added, renamed or removed. All texts come from the translations of the integration.

const DOMAIN = "api_balance";
const TYPE = "api-balance";
const COLUMNS = 3;
// With more accounts than this, the dashboard starts with a table, and each account has a subview.
const MANY = 12;
const ROWS = 20;
const UNKNOWN = ["unknown", "unavailable"];
const FULL = { columns: "full" };
// Shown in this order; the provider's own fields follow.
const FIGURES = ["run_out", "spending_rate", "spent_today", "spent_this_month", "last_top_up"];
// Shown in another way, or of little use here.
const OTHERS = ["balance", "percent_left", "low_balance", "low_balance_threshold", "refresh"];
OTHERS.push("balance_event", "status", "billing_type", "last_poll", "last_top_up_amount");

// Not hass.localize, which may not have the texts yet while something else loads them.
async function loadTexts(hass) {
  const load = async (category) => {
    const command = { type: "frontend/get_translations", category, integration: [DOMAIN] };
    return (await hass.callWS({ ...command, language: hass.language })).resources;
  };
  const [common, entity] = await Promise.all([load("common"), load("entity")]);
  return {
    text: (key) => common[`component.${DOMAIN}.common.${key}`] ?? "",
    field: (key, platform = "sensor") =>
      (entity[`component.${DOMAIN}.entity.${platform}.${key}.name`] ?? key).replace("{unit}", ""),
  };
}

// Return the accounts by name. Entities are by the key of their description: those of the account
// as a whole, and those of each balance by the key of the balance.
async function findAccounts(hass) {
  const ids = Object.values(hass.entities)
    .filter((entity) => entity.platform === DOMAIN && !entity.hidden)
    .map((entity) => entity.entity_id);
  if (!ids.length) return [];
  const command = { type: "config/entity_registry/get_entries", entity_ids: ids };
  const entries = await hass.callWS(command);
  const accounts = {};
  for (const id of ids) {
    const { config_entry_id: entry, device_id: deviceId, unique_id: uniqueId } = entries[id] ?? {};
    const device = hass.devices[deviceId];
    if (!entry || !device) continue;
    const name = device.name_by_user || device.name || "";
    const account = (accounts[entry] ??= { entry, deviceId, name, entities: {}, balances: {} });
    const [field, ...key] = uniqueId.slice(entry.length + 1).split(":");
    const all = key.length ? (account.balances[key.join(":")] ??= {}) : account.entities;
    all[field] = id;
  }
  const { language } = hass.locale;
  return Object.values(accounts).sort((one, two) => one.name.localeCompare(two.name, language));
}

async function findStatistics(hass) {
  if (!hass.config.components.includes("recorder")) return [];
  const found = await hass.callWS({ type: "recorder/list_statistic_ids", statistic_type: "sum" });
  return found.map((each) => each.statistic_id);
}

// The integration makes the same ID: see ledger/statistics.py.
function statisticId(entry, key) {
  const slug = `${entry}_${key}_spent`.toLowerCase().replace(/[^a-z0-9]+/g, "_");
  return `${DOMAIN}:${slug}`;
}

const stateIs = (entity, state) => ({ condition: "state", entity, state });
const stateIsNot = (entity, state) => ({ condition: "state", entity, state_not: state });
const isKnown = (entity) => stateIsNot(entity, UNKNOWN);
const navigate = (path) => ({ action: "navigate", navigation_path: path });
const devicePath = (account) => `/config/devices/device/${account.deviceId}`;
const subviewPath = (account) => `account-${account.entry.toLowerCase()}`;
const tile = (entity, options) => ({ type: "tile", entity, name: { type: "entity" }, ...options });

function lowSections({ text }, accounts) {
  const cards = accounts
    .flatMap((account) => Object.values(account.balances))
    .filter((balance) => balance.balance && balance.low_balance)
    .map((balance) =>
      tile(balance.balance, {
        name: { type: "device" },
        icon: "mdi:alert",
        color: "red",
        visibility: [stateIs(balance.low_balance, "on")],
      }),
    );
  if (!cards.length) return [];
  const conditions = cards.flatMap((card) => card.visibility);
  const visibility = [{ condition: "or", conditions }];
  cards.unshift({ type: "heading", heading: text("running_low"), icon: "mdi:alert" });
  return [{ type: "grid", column_span: COLUMNS, visibility, cards }];
}

// Only the template of a Markdown card can add up states, and it does not know localized numbers.
function totalsTemplate(hass, { field }, ids) {
  const parts = new Intl.NumberFormat(hass.locale.language).formatToParts(1234567.8);
  const separator = (type) => JSON.stringify(parts.find((part) => part.type === type).value);
  const expand = (name) => `expand(${JSON.stringify(ids[name])})`;
  const columns = Object.keys(ids);
  const sum = (name) =>
    `{{ money(${expand(name)} | selectattr('attributes.unit_of_measurement', 'eq', unit)
    | map(attribute='state') | map('float', 0) | sum) }}`;
  return `{%- macro money(sum) %}{{ '{:,.2f}'.format(sum) | replace(',', 'x')
    | replace('.', ${separator("decimal")}) | replace('x', ${separator("group")}) }}{% endmacro -%}
| | ${columns.map((key) => field(key)).join(" | ")} |
|:--|${"--:|".repeat(columns.length)}
{%- for unit in ${expand("balance")} | map(attribute='attributes.unit_of_measurement') | unique
    | sort %}
| **{{ unit }}** | ${columns.map(sum).join(" | ")} |
{%- endfor %}`;
}

function totalsSections(hass, texts, accounts) {
  const ids = { balance: [], spent_today: [], spent_this_month: [] };
  const balances = accounts
    .flatMap((account) => Object.values(account.balances))
    .filter((each) => hass.states[each.balance]?.attributes.device_class === "monetary");
  for (const [name, found] of Object.entries(ids)) {
    found.push(...balances.map((balance) => balance[name]).filter((id) => id));
  }
  if (balances.length < 2) return [];
  const cards = [
    { type: "heading", heading: texts.text("totals"), icon: "mdi:sigma" },
    { type: "markdown", content: totalsTemplate(hass, texts, ids), grid_options: { columns: 12 } },
  ];
  return [{ type: "grid", column_span: COLUMNS, cards }];
}

function headingCard(account) {
  const badges = Object.values(account.balances)
    .filter((balance) => balance.low_balance)
    .map(({ low_balance: entity }) => ({
      type: "entity",
      entity,
      color: "red",
      visibility: [stateIs(entity, "on")],
    }));
  const { refresh } = account.entities;
  if (refresh) {
    const press = { perform_action: "button.press", target: { entity_id: refresh } };
    badges.push({
      type: "entity",
      entity: refresh,
      icon: "mdi:refresh",
      show_state: false,
      tap_action: { action: "perform-action", ...press },
    });
  }
  const tap = { tap_action: navigate(devicePath(account)) };
  return { type: "heading", heading: account.name, icon: "mdi:wallet", badges, ...tap };
}

function balanceCards({ text, field: nameOf }, account, key, statistics) {
  const entities = account.balances[key];
  if (!entities.balance) return [];
  // An account that is postpaid or cannot be read has only the line that says so.
  const visibility = [isKnown(entities.balance)];
  const name = { type: "entity" };
  const cards = [
    { type: "sensor", entity: entities.balance, name, grid_options: FULL, visibility },
  ];
  const add = (field, options) => {
    const entity = entities[field];
    const ifKnown = { visibility: [...visibility, isKnown(entity)] };
    if (entity) cards.push(tile(entity, { ...options, ...ifKnown }));
  };
  add("percent_left", { grid_options: FULL, features: [{ type: "bar-gauge" }] });
  FIGURES.forEach((field) => add(field));
  Object.keys(entities)
    .filter((field) => !FIGURES.includes(field) && !OTHERS.includes(field))
    .forEach((field) => add(field, { color: "grey" }));
  const threshold = entities.low_balance_threshold;
  if (threshold) {
    const title = nameOf("low_balance_threshold", "number");
    // Next to its box, the name of a number would be cut off.
    const rows = [{ entity: threshold, name: " " }];
    cards.push({ type: "entities", title, entities: rows, visibility });
  }
  const id = statisticId(account.entry, key);
  if (statistics.includes(id)) {
    cards.push({
      type: "statistics-graph",
      title: text("daily_spending"),
      chart_type: "bar",
      period: "day",
      days_to_show: 30,
      stat_types: ["change"],
      hide_legend: true,
      entities: [id],
      visibility,
    });
  }
  return cards;
}

function accountSection(texts, account, statistics) {
  const { status, billing_type: billing } = account.entities;
  const cards = [headingCard(account)];
  const line = (entity, color, condition) =>
    entity && cards.push(tile(entity, { color, grid_options: FULL, visibility: [condition] }));
  line(status, "amber", stateIsNot(status, ["ok", ...UNKNOWN]));
  line(billing, "grey", stateIs(billing, "postpaid"));
  for (const key of Object.keys(account.balances)) {
    cards.push(...balanceCards(texts, account, key, statistics));
  }
  for (const [field, entity] of Object.entries(account.entities)) {
    if (OTHERS.includes(field)) continue;
    cards.push(tile(entity, { color: "grey", visibility: [isKnown(entity)] }));
  }
  return { type: "grid", cards };
}

// A table in several columns; a row leads to the account.
function tableSections(accounts, pathOf) {
  const rows = accounts.flatMap((account) =>
    Object.values(account.balances)
      .filter((balance) => balance.balance)
      .map(({ balance: entity }) => ({
        entity,
        name: { type: "device" },
        tap_action: navigate(pathOf(account)),
      })),
  );
  const sections = [];
  while (rows.length) {
    const cards = [{ type: "entities", entities: rows.splice(0, ROWS), grid_options: FULL }];
    sections.push({ type: "grid", cards });
  }
  return sections;
}

const view = (sections) => ({
  type: "sections",
  max_columns: COLUMNS,
  dense_section_placement: true,
  sections,
});

async function generateViews(hass, { hasSubviews }) {
  const texts = await loadTexts(hass);
  const accounts = await findAccounts(hass);
  if (!accounts.length) {
    const link = `[${texts.text("no_accounts")}](/config/integrations/integration/${DOMAIN})`;
    return [view([{ type: "grid", cards: [{ type: "markdown", content: link }] }])];
  }
  const statistics = await findStatistics(hass);
  const top = [...lowSections(texts, accounts), ...totalsSections(hass, texts, accounts)];
  const sections = accounts.map((account) => accountSection(texts, account, statistics));
  if (accounts.length <= MANY) return [view([...top, ...sections])];
  const table = tableSections(accounts, hasSubviews ? subviewPath : devicePath);
  const subviews = accounts.map((account, index) => ({
    ...view([sections[index]]),
    title: account.name,
    path: subviewPath(account),
    subview: true,
  }));
  return [view([...top, ...table]), ...subviews];
}

class ApiBalanceDashboardStrategy extends HTMLElement {
  static async generate(_config, hass) {
    const [first, ...subviews] = await generateViews(hass, { hasSubviews: true });
    const main = { ...first, title: "API Balance", path: "balances", icon: "mdi:wallet" };
    return { views: [main, ...subviews] };
  }

  static async getCreateSuggestions() {
    return { title: "API Balance", icon: "mdi:wallet" };
  }
}

class ApiBalanceViewStrategy extends HTMLElement {
  static async generate(_config, hass) {
    return (await generateViews(hass, { hasSubviews: false }))[0];
  }
}

// The dialog "Add dashboard" takes the description as it is, so it has to be loaded before.
const description = { text: "" };
(window.customStrategies ??= []).push({
  type: TYPE,
  strategyType: "dashboard",
  name: "API Balance",
  get description() {
    return description.text;
  },
});

// The frontend replaces the registry of elements before it defines its first one: what is defined
// earlier is lost.
await customElements.whenDefined("home-assistant");
customElements.define(`ll-strategy-dashboard-${TYPE}`, ApiBalanceDashboardStrategy);
customElements.define(`ll-strategy-view-${TYPE}`, ApiBalanceViewStrategy);
const app = document.querySelector("home-assistant");
while (!app.hass?.connected) await new Promise((done) => setTimeout(done, 100));
description.text = (await loadTexts(app.hass)).text("dashboard_description");
