// A value that was set aside because it is large, or is a picture, a sound, a document. Loaded when it is asked for, from
// the dashboard's own origin and from nowhere else.
import { useMemo, useState } from "react";
import { bytes, plural } from "../shared/format.js";
import { LongText } from "../shared/parts.jsx";
import { workerSource } from "./value_source.js";
import { ValueView } from "./value_view.jsx";

const PICTURE = /^image\/(png|jpeg|gif|webp|avif)$/;
const SOUND = /^audio\//;
const FILM = /^video\//;
const TEXT = /^(text\/|application\/(json|x-ndjson|xml|yaml|toml|javascript))/;

const blobPath = (sha256) => `/ui-api/blobs/${sha256}`;

/** `blob` is {sha256, mime, size, preview}. */
export function BlobValue({ blob }) {
  const { sha256, mime, size, preview } = blob;
  const [open, setOpen] = useState(false);
  const isText = TEXT.test(mime || "") || preview != null;
  return (
    <div className="blob">
      <div className="blob-head">
        <span>{[mime || "text", size != null && bytes(size)].filter(Boolean).join(" · ")}</span>
        {isText && preview && !open && <span className="dim">first {plural(preview.length, "character")}</span>}
        {isText && <button type="button" className="link" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? "Close" : "Open in full"}</button>}
        <a className="link" href={blobPath(sha256)} download={`${sha256.slice(0, 12)}`}>Download</a>
      </div>
      {isText ? (open ? <BlobText sha256={sha256} /> : preview && <LongText text={preview} />) : <Shown path={blobPath(sha256)} mime={mime || ""} />}
    </div>
  );
}

/** A file so small that it stayed where it was sent: `data` is its base64. */
export function InlineFile({ mime, size, data }) {
  const path = `data:${mime || "application/octet-stream"};base64,${data}`;
  return (
    <div className="blob">
      <div className="blob-head">
        <span>{[mime, size != null && bytes(size)].filter(Boolean).join(" · ")}</span>
        <a className="link" href={path} download="">Download</a>
      </div>
      {PICTURE.test(mime || "") && <img className="blob-picture" src={path} alt="" />}
    </div>
  );
}

function Shown({ path, mime }) {
  if (PICTURE.test(mime)) return <a href={path} target="_blank" rel="noreferrer" title="Open the picture"><img className="blob-picture" src={path} loading="lazy" alt="" /></a>;
  if (SOUND.test(mime)) return <audio src={path} controls preload="none" />;
  if (FILM.test(mime)) return <video className="blob-picture" src={path} controls preload="none" />;
  return null;
}

function BlobText({ sha256 }) {
  const source = useMemo(() => workerSource(blobPath(sha256)), [sha256]);
  return <ValueView source={source} label="the whole text" />;
}
