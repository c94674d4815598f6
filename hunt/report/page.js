"use strict";
(() => {
  const $ = (s, from = document) => [...from.querySelectorAll(s)];
  const one = (s) => document.querySelector(s);
  document.documentElement.classList.remove("nojs");
  const form = one("#filter"), q = one("#q"), host = one("#host"), layer = one("#layer");
  const found = one("#found"), plain = one("#plain"), said = one("#said");
  const jobs = $(".job"), findings = $(".finding"), hosts = $("section.host");
  const lanes = new Map();
  for (const g of $("g[data-job]")) lanes.set(g.dataset.job, g);
  const texts = new Map();

  // Addresses are shown so that nothing follows them; people search for them as they are.
  const normal = (s) => s.toLowerCase().replaceAll("[.]", ".").replaceAll("hxxp", "http");
  const text = (e) => {
    if (!texts.has(e)) texts.set(e, normal(e.textContent + " " + (e.dataset.more || "")));
    return texts.get(e);
  };
  const fits = (e, words, sev) =>
    (!host.value || e.dataset.host === host.value) &&
    (!layer.value || !e.dataset.layer || e.dataset.layer === layer.value) &&
    (!found.checked || e.dataset.sev !== "") &&
    (sev.size === 0 || sev.has(e.dataset.sev)) &&
    words.every((w) => text(e).includes(w));

  function apply() {
    const words = normal(q.value).split(/\s+/).filter((w) => w);
    const sev = new Set($("input[name=sev]:checked").map((e) => e.value));
    const filtered = words.length > 0 || sev.size > 0 || layer.value || found.checked;
    let jobsShown = 0, findingsShown = 0;
    for (const e of jobs) {
      e.hidden = !fits(e, words, sev);
      if (!e.hidden) jobsShown++;
      const g = lanes.get(e.id);
      if (g) g.classList.toggle("off", e.hidden);
    }
    for (const e of findings) {
      e.hidden = !fits(e, words, sev);
      if (!e.hidden) findingsShown++;
    }
    for (const e of hosts) e.hidden = host.value ? e.id !== host.value : Boolean(filtered) && !e.querySelector(".job:not([hidden])");
    one("#none").hidden = findingsShown > 0 || findings.length === 0;
    said.textContent = findingsShown + " of " + findings.length + " findings, " + jobsShown + " of " + jobs.length + " jobs";
    const state = new URLSearchParams();
    if (q.value) state.set("q", q.value);
    if (sev.size) state.set("sev", [...sev].join(","));
    if (host.value) state.set("host", host.value);
    if (layer.value) state.set("layer", layer.value);
    if (found.checked) state.set("found", "1");
    return state.toString();
  }
  function remember() {
    const state = apply();
    try { history.replaceState(null, "", "#" + state); } catch { /* some browsers refuse it for files */ }
  }
  function addresses() {
    for (const e of $(".u[data-raw]")) {
      if (!e.dataset.safe) e.dataset.safe = e.textContent;
      e.textContent = plain.checked ? e.dataset.raw : e.dataset.safe;
    }
  }
  function go() {
    const name = decodeURIComponent(location.hash.slice(1));
    if (name.includes("=")) {
      const state = new URLSearchParams(name);
      q.value = state.get("q") || "";
      host.value = state.get("host") || "";
      layer.value = state.get("layer") || "";
      found.checked = state.get("found") === "1";
      const sev = (state.get("sev") || "").split(",");
      for (const e of $("input[name=sev]")) e.checked = sev.includes(e.value);
      apply();
      return;
    }
    const target = name && document.getElementById(name);
    if (!target) return;
    if (target.hidden || target.closest("[hidden]")) { form.reset(); apply(); }
    if (target.tagName === "DETAILS") target.open = true;
    target.scrollIntoView();
  }
  let later = 0;
  q.addEventListener("input", () => { clearTimeout(later); later = setTimeout(remember, 80); });
  form.addEventListener("change", (e) => { if (e.target === plain) addresses(); else remember(); });
  form.addEventListener("submit", (e) => e.preventDefault());
  one("#clear").addEventListener("click", () => { form.reset(); addresses(); remember(); });
  document.addEventListener("keydown", (e) => {
    if (e.key === "/" && document.activeElement !== q) { e.preventDefault(); q.focus(); }
    if (e.key === "Escape" && document.activeElement === q) { q.value = ""; remember(); }
  });
  addEventListener("hashchange", go);
  addEventListener("beforeprint", () => { for (const e of jobs) if (!e.hidden) e.open = true; });
  apply();
  go();
})();
