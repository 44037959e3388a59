use alloc::vec::Vec;

use crate::text::Text;

/// What a stream has defined so far, for what follows to refer to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tables<'a> {
    /// Names of classes and types, in stream order.
    pub(crate) names: Vec<Text<'a>>,
    /// For each class definition, its number of fields.
    pub(crate) classes: Vec<u32>,
    /// For each type, its place in `names`.
    pub(crate) types: Vec<usize>,
    /// Lists, maps and objects begun. Strings, dates and binary data cannot be referred to.
    pub(crate) refs: usize,
}

impl<'a> Tables<'a> {
    pub(crate) fn define_class(&mut self, name: Text<'a>, fields: u32) {
        self.names.push(name);
        self.classes.push(fields);
    }

    pub(crate) fn define_type(&mut self, name: Text<'a>) {
        self.types.push(self.names.len());
        self.names.push(name);
    }

    pub(crate) fn fields(&self, class: i32) -> Option<u32> {
        self.classes.get(usize::try_from(class).ok()?).copied()
    }

    pub(crate) fn type_name(&self, index: i32) -> Option<&Text<'a>> {
        self.names
            .get(*self.types.get(usize::try_from(index).ok()?)?)
    }
}
