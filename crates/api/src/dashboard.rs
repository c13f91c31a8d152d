//! The dashboard: the files that `web/` was built into, inside the program.
//!
//! Without a build of it the program is complete in everything else, and `/` says how to build it.
//! An unoptimised program reads the files from `web/dist` each time, so that who works on them sees
//! them at once.
//!
//! * Names in `assets/` carry a hash of their content, so browsers keep them for ever. The others
//!   have an `ETag` and are asked for again.
//! * `web/` leaves a gzip beside each file that is worth it, which goes out as it is.
//! * Every screen of the dashboard is one path segment deep, and the page finds everything relative
//!   to itself. So it needs no word from the server about a path prefix that a proxy has taken away.

use std::borrow::Cow;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use crate::problem::Problem;

/// The page itself.
const PAGE: &str = "index.html";
/// The same for every release, since the name changes with the content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Built;

/// A file of the dashboard.
struct File {
    content: Cow<'static, [u8]>,
    /// SHA-256 of the content.
    digest: [u8; 32],
}

/// Finds a file by its path below `web/dist`.
type Find = fn(&str) -> Option<File>;

fn built(path: &str) -> Option<File> {
    let file = Built::get(path)?;
    Some(File { content: file.data, digest: file.metadata.sha256_hash() })
}

/// The front page of the dashboard; none if it was not built.
pub(crate) fn page(headers: &HeaderMap) -> Option<Response> {
    found(built, PAGE, headers)
}

/// What no route answers: a file, a screen that a browser was sent to, or nothing.
pub(crate) async fn anything_else(request: Request) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Problem::UnknownPath.into_response();
    }
    answer(built, request.uri().path(), request.headers())
        .unwrap_or_else(|| Problem::UnknownPath.into_response())
}

fn answer(find: Find, path: &str, headers: &HeaderMap) -> Option<Response> {
    let name = path.strip_prefix('/')?;
    // The precompressed files are an encoding of the others, not files of their own.
    if !name.ends_with(".gz")
        && let Some(response) = found(find, name, headers)
    {
        return Some(response);
    }
    is_screen(name, headers).then(|| found(find, PAGE, headers))?
}

/// Whether a browser was sent to something that the page itself may know: one segment deep, and no
/// misspelt route or file, for which a page would be a misleading answer.
fn is_screen(name: &str, headers: &HeaderMap) -> bool {
    let accepts_html = headers
        .get_all(ACCEPT)
        .iter()
        .any(|accept| accept.as_bytes().windows(9).any(|part| part == b"text/html"));
    accepts_html && name != "api" && !name.is_empty() && !name.contains(['/', '.'])
}

fn found(find: Find, name: &str, headers: &HeaderMap) -> Option<Response> {
    let plain = find(name)?;
    let packed = accepts_gzip(headers).then(|| find(&format!("{name}.gz"))).flatten();
    let tag = etag(&plain.digest, packed.is_some());
    let same = headers.get(IF_NONE_MATCH).is_some_and(|known| matches(known, &tag));

    let mut response = if same {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let is_packed = packed.is_some();
        let mut response = Body::from(into_bytes(packed.unwrap_or(plain).content)).into_response();
        if is_packed {
            set(&mut response, CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    };
    // Also when nothing is sent: what a page may load is decided by its type.
    set(&mut response, CONTENT_TYPE, media_type(name));
    let caching = if name.starts_with("assets/") { FOR_EVER } else { ASK_AGAIN };
    set(&mut response, CACHE_CONTROL, caching);
    set(&mut response, VARY, HeaderValue::from_static("accept-encoding"));
    set(&mut response, ETAG, tag);
    Some(response)
}

fn into_bytes(content: Cow<'static, [u8]>) -> axum::body::Bytes {
    match content {
        Cow::Borrowed(content) => axum::body::Bytes::from_static(content),
        Cow::Owned(content) => content.into(),
    }
}

fn set(response: &mut Response, name: HeaderName, value: HeaderValue) {
    response.headers_mut().insert(name, value);
}

/// An entity tag of the content as it is sent.
fn etag(digest: &[u8; 32], packed: bool) -> HeaderValue {
    let hex: String = digest[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    let suffix = if packed { "-gzip" } else { "" };
    HeaderValue::from_str(&format!("\"{hex}{suffix}\"")).expect("hexadecimal digits are ASCII")
}

/// `If-None-Match`: a list of tags, or `*`.
fn matches(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let Ok(known) = known.to_str() else { return false };
    known.split(',').map(str::trim).any(|each| {
        each == "*" || each.strip_prefix("W/").unwrap_or(each).as_bytes() == tag.as_bytes()
    })
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let listed = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    listed.flat_map(|value| value.split(',')).any(|each| {
        let mut parts = each.split(';').map(str::trim);
        parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"))
            && !parts.any(|weight| weight == "q=0" || weight == "q=0.0")
    })
}

/// By the ending; these are all that `web/` makes.
fn media_type(name: &str) -> HeaderValue {
    let ending = name.rsplit('.').next().unwrap_or_default();
    HeaderValue::from_static(match ending {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A build as `web/` leaves it.
    fn some(path: &str) -> Option<File> {
        let content: &'static [u8] = match path {
            "index.html" => b"<!doctype html>",
            "index.html.gz" => b"packed page",
            "assets/index-1a2b3c.js" => b"run()",
            "icon-192.png" => b"png",
            _ => return None,
        };
        Some(File { content: content.into(), digest: [content[0]; 32] })
    }

    fn none(_: &str) -> Option<File> {
        None
    }

    fn headers(list: &[(HeaderName, &'static str)]) -> HeaderMap {
        list.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    fn ask(find: Find, path: &str, list: &[(HeaderName, &'static str)]) -> Option<Response> {
        answer(find, path, &headers(list))
    }

    fn header(response: &Response, name: HeaderName) -> &str {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    const BROWSER: (HeaderName, &str) = (ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8");

    #[test]
    fn hashed_files_are_kept_for_ever_and_the_others_asked_for_again() {
        let script = ask(some, "/assets/index-1a2b3c.js", &[]).unwrap();
        assert_eq!(header(&script, CACHE_CONTROL), "public, max-age=31536000, immutable");
        assert_eq!(header(&script, CONTENT_TYPE), "text/javascript; charset=utf-8");
        let icon = ask(some, "/icon-192.png", &[]).unwrap();
        assert_eq!(header(&icon, CACHE_CONTROL), "no-cache");
        assert_eq!(header(&icon, CONTENT_TYPE), "image/png");
    }

    #[test]
    fn a_known_file_is_not_sent_again() {
        let icon = ask(some, "/icon-192.png", &[]).unwrap();
        let tag: &'static str = header(&icon, ETAG).to_owned().leak();
        let again = ask(some, "/icon-192.png", &[(IF_NONE_MATCH, tag)]).unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let other = ask(some, "/icon-192.png", &[(IF_NONE_MATCH, "\"other\"")]).unwrap();
        assert_eq!(other.status(), StatusCode::OK);
    }

    #[test]
    fn gzip_goes_to_those_who_take_it() {
        let packed = ask(some, "/index.html", &[(ACCEPT_ENCODING, "br, gzip;q=0.5")]).unwrap();
        assert_eq!(header(&packed, CONTENT_ENCODING), "gzip");
        assert_eq!(header(&packed, CONTENT_TYPE), "text/html; charset=utf-8");
        for refusal in ["identity", "gzip;q=0"] {
            let plain = ask(some, "/index.html", &[(ACCEPT_ENCODING, refusal)]).unwrap();
            assert_eq!(header(&plain, CONTENT_ENCODING), "", "{refusal}");
            assert_ne!(header(&plain, ETAG), header(&packed, ETAG));
        }
        assert!(ask(some, "/index.html.gz", &[]).is_none());
    }

    #[test]
    fn a_browser_that_is_sent_to_a_screen_gets_the_page() {
        for path in ["/history", "/panels", "/of-a-later-version"] {
            let page = ask(some, path, &[BROWSER]).unwrap();
            assert_eq!(header(&page, CONTENT_TYPE), "text/html; charset=utf-8", "{path}");
            assert_eq!(header(&page, CACHE_CONTROL), "no-cache");
        }
    }

    #[test]
    fn programs_and_misspelt_routes_get_no_page() {
        assert!(ask(some, "/history", &[(ACCEPT, "application/json")]).is_none());
        assert!(ask(some, "/history", &[]).is_none());
        for path in ["/api", "/api/plants", "/apple-touch-icon.png", "/history/", "/../Cargo.toml"]
        {
            assert!(ask(some, path, &[BROWSER]).is_none(), "{path}");
        }
    }

    #[test]
    fn without_a_build_there_is_nothing() {
        for path in ["/index.html", "/history", "/icon.svg"] {
            assert!(ask(none, path, &[BROWSER]).is_none(), "{path}");
        }
    }
}
