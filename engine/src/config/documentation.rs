//! The tables of docs/configuration.md, which tests compare with the schema and which describe its fields in editors.

/// What the documentation says of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row<'d> {
    pub(super) field: &'d str,
    pub(super) kind: &'d str,
    pub(super) default: &'d str,
    pub(super) meaning: &'d str,
}

/// The rows of the tables under a heading.
pub(super) fn rows<'d>(
    documentation: &'d str,
    heading: &str,
) -> impl Iterator<Item = Row<'d>> + use<'d> {
    let heading = heading.to_owned();
    let is_heading = move |line: &str| {
        let text = line
            .strip_prefix('#')
            .map(|line| line.trim_start_matches('#'));
        text.is_some_and(|text| text.trim().eq_ignore_ascii_case(&heading))
    };
    documentation
        .lines()
        .skip_while(move |line| !is_heading(line))
        .skip(1)
        .take_while(|line| !line.starts_with('#'))
        .filter_map(row)
}

/// Where a link to the heading leads.
pub(super) fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_ascii_alphanumeric() || *c == ' ';
    let kept: String = heading.chars().filter(kept).collect();
    kept.to_ascii_lowercase().replace(' ', "-")
}

/// Text without its links.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let link = after
            .split_once("](")
            .and_then(|(text, after)| Some((text, after.split_once(')')?.1)));
        plain.push_str(before);
        match link.filter(|(text, _)| !text.contains('[')) {
            Some((text, after)) => {
                plain.push_str(text);
                rest = after;
            }
            None => {
                plain.push('[');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn row(line: &str) -> Option<Row<'_>> {
    let (field, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
    let mut cells = rest.strip_suffix(" |")?.splitn(3, " | ");
    Some(Row {
        field,
        kind: cells.next()?,
        default: cells.next()?,
        meaning: cells.next()?,
    })
}
