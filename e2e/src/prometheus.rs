//! Series as `/stats/prometheus` shows them.

use std::collections::BTreeMap;

/// One series.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The metric's name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

/// The series of an exposition: `NAME{LABEL="VALUE",...} NUMBER` a line, comments left out.
pub fn parse(text: &str) -> Vec<Series> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(series)
        .collect()
}

/// The sum of the series of this name that have at least these labels.
pub fn sum(series: &[Series], name: &str, labels: &BTreeMap<String, String>) -> f64 {
    let carries = |series: &&Series| {
        labels
            .iter()
            .all(|(label, value)| series.labels.get(label) == Some(value))
    };
    series
        .iter()
        .filter(|series| series.name == name)
        .filter(carries)
        .map(|series| series.value)
        .sum()
}

fn series(line: &str) -> Option<Series> {
    let (head, value) = line.rsplit_once(' ')?;
    let (name, rest) = head.split_at(head.find('{').unwrap_or(head.len()));
    let labels = rest
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or_default();
    Some(Series {
        name: name.to_owned(),
        labels: self::labels(labels),
        value: value.parse().ok()?,
    })
}

/// `LABEL="VALUE"` with commas between; in values `\` stands before `\`, `"` and `n` (a line feed).
fn labels(text: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    let mut rest = text;
    while let Some((label, quoted)) = rest.split_once("=\"") {
        let mut value = String::new();
        let mut chars = quoted.char_indices();
        let mut end = quoted.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    end = at + 1;
                    break;
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, other)) => value.push(other),
                    None => {}
                },
                other => value.push(other),
            }
        }
        labels.insert(label.trim_start_matches(',').to_owned(), value);
        rest = &quoted[end..];
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_with_equal_labels_are_summed() {
        let text = "# TYPE a counter\na{x=\"1\",y=\"q\\\"\\\\,{\"} 2\na{x=\"1\",y=\"z\"} 3\na{x=\"2\"} 5\nb 7\n";
        let series = parse(text);
        assert_eq!(series[0].labels["y"], "q\"\\,{");
        let label = |x: &str| BTreeMap::from([("x".to_owned(), x.to_owned())]);
        assert_eq!(sum(&series, "a", &label("1")), 5.0);
        assert_eq!(sum(&series, "a", &BTreeMap::new()), 10.0);
        assert_eq!(sum(&series, "b", &BTreeMap::new()), 7.0);
        assert_eq!(sum(&series, "b", &label("1")), 0.0);
    }
}
