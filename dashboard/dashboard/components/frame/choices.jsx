// What a person chooses once: light or dark, and the zone of times. Kept in the browser.
import { useContext } from "react";
import { ColorModeContext } from "$/utils/context-registry";
import { share, useShared } from "../shared/data.js";
import { chooseDensity as keepDensity, densityNow } from "./density.js";
import { Icon } from "../shared/icons.jsx";
import { chooseZone, zoneNow } from "../shared/zone.js";

const NEXT = { light: "dark", dark: "system", system: "light" };
const ICON = { light: "sun", dark: "moon", system: "system" };

export function ThemeButton({ mounted }) {
  const { rawColorMode, setColorMode } = useContext(ColorModeContext);
  const mode = mounted ? rawColorMode : "system";
  const label = `Theme: ${mode}. Switch to ${NEXT[mode]}`;
  return (
    <button type="button" className="tool-button" onClick={() => setColorMode(NEXT[mode])} aria-label={label} title={label}>
      <Icon name={ICON[mode] || "system"} />
    </button>
  );
}

/** [zone, turn]: "local" or "utc"; every time on the page follows it. */
export function useZone() {
  const zone = useShared("zone") || zoneNow();
  const turn = () => {
    chooseZone(zone === "utc" ? "local" : "utc");
    share({ zone: zoneNow() });
  };
  return [zone, turn];
}

export function ZoneButton({ mounted }) {
  const [zone, turn] = useZone();
  const isUtc = mounted && zone === "utc";
  const label = isUtc ? "UTC times. Switch to this browser's time zone" : "Local times (this browser's time zone). Switch to UTC";
  return <button type="button" className="tool-button zone-button" onClick={turn} aria-label={label} title={label}>{isUtc ? "UTC" : "Local"}</button>;
}

/** [mode, choose]: "light", "dark" or "system". */
export function useTheme() {
  const { rawColorMode, setColorMode } = useContext(ColorModeContext);
  return [rawColorMode, setColorMode];
}

/** [density, choose]: "calm" or "dense", how high the rows of lists are. */
export function useDensity() {
  const density = useShared("density") || densityNow();
  const choose = (chosen) => {
    keepDensity(chosen);
    share({ density: chosen });
  };
  return [density, choose];
}

/** What the palette can choose. */
export function useChoiceCommands() {
  const { setColorMode } = useContext(ColorModeContext);
  const [zone, turnZone] = useZone();
  const [density, chooseDensity] = useDensity();
  const other = density === "dense" ? "calm" : "dense";
  return [
    ...Object.keys(NEXT).map((mode) => ({ title: `Theme: ${mode}`, note: "", does: () => setColorMode(mode) })),
    { title: zone === "utc" ? "Times in this browser's time zone" : "Times in UTC", note: "zone", does: turnZone },
    { title: `Rows: ${other}`, note: "density", does: () => chooseDensity(other) },
  ];
}
