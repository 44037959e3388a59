/// For each class that a provider may not read as it is defined: the field lists that writers define it with, and that every
/// reader reads to the right byte. Sorted.
pub(super) static TABLE: &[(&str, &[&[&str]])] = &[
    ("java.time.LocalDate", &[]),
    ("java.time.LocalTime", &[]),
    ("java.util.UUID", &[&["value"]]),
    ("java.util.concurrent.atomic.LongAdder", &[]),
];
