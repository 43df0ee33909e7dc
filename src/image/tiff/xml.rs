//! XML from microscopes, which is not always well formed.

use std::borrow::Cow;

/// Removes what XML parsers do not accept: text before the first element, a document type, control
/// characters, and ampersands that do not start a reference.
pub(super) fn cleaned(text: &str) -> Cow<'_, str> {
    let text = text.trim_start_matches(|c: char| c == '\u{feff}' || c.is_whitespace() || c.is_control());
    let text = without_doctype(text);
    let is_bad = |c: char| {
        c == '&'
            || (c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
            || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    if !text.contains(is_bad) {
        return text;
    }
    let mut clean = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            '&' if is_reference(&text[at + 1..]) => clean.push('&'),
            '&' => clean.push_str("&amp;"),
            c if is_bad(c) => clean.push(' '),
            c => clean.push(c),
        }
    }
    Cow::Owned(clean)
}

/// Whether the text after an ampersand is one of the references that every parser supports, except references
/// to characters that XML does not allow.
fn is_reference(rest: &str) -> bool {
    let Some((name, _)) = rest.split_once(';').filter(|(name, _)| name.len() <= 10) else { return false };
    let code = match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        },
        None => return matches!(name, "amp" | "lt" | "gt" | "quot" | "apos"),
    };
    let is_allowed =
        |code: u32| matches!(code, 9 | 10 | 13) || (code >= 32 && char::from_u32(code).is_some());
    code.is_ok_and(is_allowed)
}

/// Removes `<!DOCTYPE …>`, whose internal subset may contain further markup.
fn without_doctype(text: &str) -> Cow<'_, str> {
    let Some(start) = text.find("<!DOCTYPE") else { return Cow::Borrowed(text) };
    let (mut depth, mut end) = (0usize, text.len());
    for (at, c) in text[start..].char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '>' if depth == 0 => {
                end = start + at + 1;
                break;
            }
            _ => {}
        }
    }
    Cow::Owned([&text[..start], &text[end..]].concat())
}

/// The start tags with these names as empty elements within `<OME>`, from text that is not well formed:
/// sufficient for the size of a stack and the names of its channels.
pub(super) fn salvaged(text: &str, container: &str, names: &[&str]) -> String {
    let mut inner = String::new();
    let mut outer = None;
    for part in text.split('<').skip(1) {
        let Some((tag, _)) = part.split_once('>') else { continue };
        let tag = tag.trim_end_matches('/').trim();
        let name = tag.split_whitespace().next().unwrap_or_default();
        let local = name.rsplit(':').next().unwrap_or_default();
        let attributes = tag[name.len()..].replace(" xsi:", " ").replace(" xmlns:", " x");
        let element = format!("<{local} {attributes}/>");
        if roxmltree::Document::parse(&element).is_err() {
            continue;
        }
        if local == container && outer.is_none() {
            outer = Some(format!("<{local} {attributes}>"));
        } else if outer.is_some() && names.contains(&local) {
            inner.push_str(&element);
        }
    }
    outer.map_or_else(String::new, |outer| format!("<OME>{outer}{inner}</{container}></OME>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_xml_is_taken_out() {
        assert_eq!(cleaned("\u{feff} <a>1 &lt; 2</a>"), "<a>1 &lt; 2</a>");
        assert_eq!(cleaned("<a>x\u{2}y & z &#2; &#x41;</a>"), "<a>x y &amp; z &amp;#2; &#x41;</a>");
        assert_eq!(cleaned("<!DOCTYPE a [<!ENTITY b \"c>\">]><a/>"), "<a/>");
    }

    #[test]
    fn start_tags_are_salvaged() {
        let broken =
            "<OME><Image><Pixels SizeC=\"2\"><Channel Name=\"a\"/><Channel Name=\"b\"><TiffData/></Image>";
        let salvaged = salvaged(broken, "Pixels", &["Channel", "TiffData"]);
        assert_eq!(
            salvaged,
            "<OME><Pixels  SizeC=\"2\"><Channel  Name=\"a\"/><Channel  Name=\"b\"/><TiffData /></Pixels></OME>"
        );
    }
}
