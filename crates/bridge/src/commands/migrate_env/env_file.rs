//! A `.env` file as Docker Compose reads it, with every line as it was written.
//!
//! A value is bare up to a line's end or to a ` #`, or it is quoted and may then have several
//! lines. In bare and double-quoted values `$NAME` and `${NAME}` stand for other variables, `$$`
//! for a dollar.

use std::collections::BTreeMap;

/// One entry of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    Assignment(Assignment),
    /// A comment, an empty line, or what is no assignment.
    Other(String),
}

/// `NAME=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assignment {
    pub(super) name: String,
    /// All of it as it was written, without the end of the last line.
    pub(super) raw: String,
    /// The value as it was written, with its quotes.
    pub(super) written: String,
    quoting: Quoting,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quoting {
    Bare,
    Single,
    Double,
}

impl Assignment {
    /// The value, if it does not depend on variables that `known` lacks.
    pub(super) fn text(&self, known: &BTreeMap<String, String>) -> Option<String> {
        let inner = match self.quoting {
            Quoting::Bare => return expand(&self.written, known),
            Quoting::Single | Quoting::Double => &self.written[1..self.written.len() - 1],
        };
        if self.quoting == Quoting::Single {
            return Some(inner.to_owned());
        }
        let mut text = String::with_capacity(inner.len());
        let mut letters = inner.chars();
        while let Some(letter) = letters.next() {
            match (letter, letter == '\\') {
                (_, true) => match letters.next() {
                    Some('n') => text.push('\n'),
                    Some('r') => text.push('\r'),
                    Some('t') => text.push('\t'),
                    // Still a dollar, not the beginning of a name.
                    Some('$') => text.push_str("$$"),
                    Some(other) => text.push(other),
                    None => text.push('\\'),
                },
                (other, false) => text.push(other),
            }
        }
        expand(&text, known)
    }

    /// Whether the value stands for that of another variable.
    pub(super) fn mentions(&self, name: &str) -> bool {
        self.quoting != Quoting::Single
            && (self.written.contains(&format!("${{{name}")) || {
                let bare = format!("${name}");
                self.written
                    .match_indices(&bare)
                    .any(|(at, _)| !self.written[at + bare.len()..].starts_with(is_of_a_name))
            })
    }
}

/// The entries of a file, in their order.
pub(super) fn parse(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let line_end = rest.find('\n').map_or(rest.len(), |at| at + 1);
        match assignment(rest, line_end) {
            Some((assignment, length)) => {
                entries.push(Entry::Assignment(assignment));
                rest = &rest[length..];
            }
            None => {
                entries.push(Entry::Other(rest[..line_end].trim_end().to_owned()));
                rest = &rest[line_end..];
            }
        }
    }
    entries
}

/// The assignment at the beginning of a text, and how long it is with the end of its line.
fn assignment(text: &str, line_end: usize) -> Option<(Assignment, usize)> {
    let line = &text[..line_end];
    let indent = line.len() - line.trim_start().len();
    let declared = line[indent..].strip_prefix("export ").map_or(&line[indent..], str::trim_start);
    let sign = declared.find(['=', ':'])?;
    let name = declared[..sign].trim_end();
    if name.is_empty() || !name.chars().all(is_of_a_name) {
        return None;
    }
    let value_at = line.len() - declared.len() + sign + 1;
    let value = &text[value_at..];
    let value_at = value_at + (value.len() - value.trim_start_matches([' ', '\t']).len());
    let (quoting, end) = match text[value_at..].chars().next() {
        Some('\'') => (Quoting::Single, closing(&text[value_at..], '\'')?),
        Some('"') => (Quoting::Double, closing(&text[value_at..], '"')?),
        _ => (Quoting::Bare, bare_end(&line[value_at.min(line.len())..])),
    };
    let written = &text[value_at..value_at + end];
    let after = value_at + end;
    let length = text[after..].find('\n').map_or(text.len(), |at| after + at + 1);
    let assignment = Assignment {
        name: name.to_owned(),
        raw: text[..length].trim_end().to_owned(),
        written: written.trim_end().to_owned(),
        quoting,
    };
    Some((assignment, length))
}

fn is_of_a_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// The length of a quoted text, quotes included.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        if letter == quote && !escaped {
            return Some(at + 1);
        }
        escaped = letter == '\\' && !escaped;
    }
    None
}

/// The length of a bare value: a comment begins at a `#` after a blank.
fn bare_end(line: &str) -> usize {
    let comment = line
        .match_indices('#')
        .map(|(at, _)| at)
        .find(|&at| at == 0 || line[..at].ends_with([' ', '\t']));
    line[..comment.unwrap_or(line.len())].trim_end().len()
}

/// Puts in the variables that are known; `None` if one is not.
fn expand(text: &str, known: &BTreeMap<String, String>) -> Option<String> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        expanded.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            expanded.push('$');
            rest = after;
            continue;
        }
        let (name, after) = match rest.strip_prefix('{') {
            // `${NAME:-default}` and its like are Compose's to work out.
            Some(inner) => inner.split_once('}')?,
            None => rest.split_at(rest.find(|letter| !is_of_a_name(letter)).unwrap_or(rest.len())),
        };
        if name.is_empty() {
            expanded.push('$');
        } else {
            expanded.push_str(known.get(name)?);
        }
        rest = after;
    }
    expanded.push_str(rest);
    Some(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every assignment with its value; none where it cannot be told.
    fn values(text: &str) -> Vec<(String, Option<String>)> {
        let mut known = BTreeMap::new();
        let mut values = Vec::new();
        for entry in parse(text) {
            if let Entry::Assignment(assignment) = entry {
                let value = assignment.text(&known);
                if let Some(value) = &value {
                    known.insert(assignment.name.clone(), value.clone());
                }
                values.push((assignment.name, value));
            }
        }
        values
    }

    #[test]
    fn values_are_read_as_compose_reads_them() {
        for (line, value) in [
            ("A=b", Some("b")),
            ("  export A = b  ", Some("b")),
            ("A: b", Some("b")),
            ("A=b # why", Some("b")),
            ("A=b#c", Some("b#c")),
            ("A=", Some("")),
            ("A= # nothing", Some("")),
            ("A='b # c' # why", Some("b # c")),
            ("A=\"b \\\"c\\\"\"", Some("b \"c\"")),
            ("A='$B'", Some("$B")),
            ("A=$$B", Some("$B")),
            ("A=\"\\$B\"", Some("$B")),
            ("A=$B", None),
            ("A=${B:-c}", None),
            (r#"A=[{"name":"house","host":"h"}]"#, Some(r#"[{"name":"house","host":"h"}]"#)),
            ("A=b\r\n", Some("b")),
            ("A='two\nlines'\n", Some("two\nlines")),
        ] {
            assert_eq!(values(line), [("A".to_owned(), value.map(str::to_owned))], "{line:?}");
        }
        assert_eq!(values("A=1\nB=${A}2\n")[1].1.as_deref(), Some("12"));
    }

    #[test]
    fn every_line_is_kept_as_it_was_written() {
        let text = "# head\n\nA = 'x' # why\nno assignment\n  B=1\nC=\"a\nb\"\n";
        let raw: Vec<String> = parse(text)
            .into_iter()
            .map(|entry| match entry {
                Entry::Assignment(assignment) => assignment.raw,
                Entry::Other(raw) => raw,
            })
            .collect();
        assert_eq!(raw.join("\n") + "\n", text);
    }

    #[test]
    fn a_mention_is_of_the_whole_name() {
        let Entry::Assignment(assignment) = parse("A=$HOST_B-${HOST}").remove(0) else { panic!() };
        assert!(assignment.mentions("HOST_B") && assignment.mentions("HOST"));
        let Entry::Assignment(assignment) = parse("A=$HOST_B").remove(0) else { panic!() };
        assert!(!assignment.mentions("HOST"));
    }
}
