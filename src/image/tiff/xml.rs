//! XML from microscopes, which is not always well formed.

use std::borrow::Cow;

use roxmltree::{Document, Error, ParsingOptions};

use crate::limits::{LimitError, Limits, check};

/// Parses XML if it does not exceed the limits. The parser compares the attributes and the namespaces of an element
/// with each other, and reserves memory for all tags and attributes first.
///
/// # Errors
/// A limit is exceeded; or, inside, the text is not well formed.
pub(super) fn parse<'text>(
    text: &'text str,
    limits: &Limits,
) -> Result<Result<Document<'text>, Error>, LimitError> {
    check::maximum_metadata_bytes(limits, text.len() as u64)?;
    let counts = Counts::of(text);
    check::maximum_xml_tags(limits, counts.tags)?;
    check::maximum_element_attributes(limits, counts.of_element)?;
    check::maximum_namespaces(limits, counts.namespaces)?;
    // The parser's estimate counts equals signs in texts, too.
    check::maximum_xml_attributes(limits, text.bytes().filter(|&byte| byte == b'=').count() as u64)?;
    let options = ParsingOptions { allow_dtd: false, ..ParsingOptions::default() };
    Ok(Document::parse_with_options(text, options))
}

/// What the parser will find in a text, as far as that is well formed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    /// The number of `<`.
    tags: u64,
    /// The largest number of attributes of an element.
    of_element: u64,
    namespaces: u64,
}

impl Counts {
    fn of(text: &str) -> Self {
        let mut counts = Self::default();
        let mut rest = text;
        while let Some(start) = rest.find('<') {
            rest = &rest[start..];
            counts.tags += 1;
            let unparsed = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
            let end = match unparsed.iter().find(|(begin, _)| rest.starts_with(begin)) {
                Some((begin, end)) => rest[begin.len()..].find(end).map(|at| begin.len() + at + end.len()),
                None => Some(counts.add_tag(rest)),
            };
            rest = end.map_or("", |end| &rest[end..]);
        }
        counts
    }

    /// Counts the attributes of a tag, and returns its length.
    fn add_tag(&mut self, text: &str) -> usize {
        let (mut attributes, mut quote) = (0, None);
        let bytes = text.as_bytes();
        let mut end = bytes.len();
        for (at, &byte) in bytes.iter().enumerate().skip(1) {
            match (quote, byte) {
                (Some(open), _) if open == byte => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') => quote = Some(byte),
                (None, b'=') => attributes += 1,
                (None, b'x') if bytes[at..].starts_with(b"xmlns") => self.namespaces += 1,
                (None, b'>') => {
                    end = at + 1;
                    break;
                }
                // Not well formed; the parser ends here.
                (None, b'<') => {
                    end = at;
                    break;
                }
                (None, _) => {}
            }
        }
        self.of_element = self.of_element.max(attributes);
        end
    }
}

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

/// The maximum length of the name of a reference.
const LONGEST_REFERENCE: usize = 10;

/// Whether the text after an ampersand is one of the references that every parser supports, except references
/// to characters that XML does not allow.
fn is_reference(rest: &str) -> bool {
    // Only the next few bytes: a text may have as many ampersands as letters.
    let Some(end) = rest.bytes().take(LONGEST_REFERENCE + 1).position(|byte| byte == b';') else {
        return false;
    };
    let name = &rest[..end];
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
pub(super) fn salvaged(
    text: &str,
    container: &str,
    names: &[&str],
    limits: &Limits,
) -> Result<String, LimitError> {
    let mut inner = String::new();
    let mut outer = None;
    for part in text.split('<').skip(1) {
        let Some((tag, _)) = part.split_once('>') else { continue };
        let tag = tag.trim_end_matches('/').trim();
        let name = tag.split_whitespace().next().unwrap_or_default();
        let local = name.rsplit(':').next().unwrap_or_default();
        let attributes = tag[name.len()..].replace(" xsi:", " ").replace(" xmlns:", " x");
        let element = format!("<{local} {attributes}/>");
        if parse(&element, limits)?.is_err() {
            continue;
        }
        if local == container && outer.is_none() {
            outer = Some(format!("<{local} {attributes}>"));
        } else if outer.is_some() && names.contains(&local) {
            inner.push_str(&element);
        }
    }
    Ok(outer.map_or_else(String::new, |outer| format!("<OME>{outer}{inner}</{container}></OME>")))
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
        let salvaged = salvaged(broken, "Pixels", &["Channel", "TiffData"], &Limits::default()).unwrap();
        assert_eq!(
            salvaged,
            "<OME><Pixels  SizeC=\"2\"><Channel  Name=\"a\"/><Channel  Name=\"b\"/><TiffData /></Pixels></OME>"
        );
    }
}
