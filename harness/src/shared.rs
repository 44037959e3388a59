//! What the VMs of one process share: the key-value table and the queues, each in the scope of a
//! `vm_id`.

use std::collections::{BTreeMap, VecDeque};

use crate::status::Status;

/// Shared data of every `vm_id`. Keys are never removed; one growing number stamps every write.
#[derive(Default)]
pub(crate) struct SharedData {
    values: BTreeMap<(String, Vec<u8>), (Vec<u8>, u32)>,
    last_cas: u32,
}

impl SharedData {
    pub(crate) fn get(&self, vm_id: &str, key: &[u8]) -> Result<(Vec<u8>, u32), Status> {
        let key = (vm_id.to_owned(), key.to_vec());
        self.values.get(&key).cloned().ok_or(Status::NOT_FOUND)
    }

    /// Writes when `cas` is 0, when it is the stamp of the value that is there, or when there is
    /// none: a missing key takes any stamp.
    pub(crate) fn set(
        &mut self,
        vm_id: &str,
        key: &[u8],
        value: &[u8],
        cas: u32,
    ) -> Result<(), Status> {
        let key = (vm_id.to_owned(), key.to_vec());
        if let Some((_, stamp)) = self.values.get(&key)
            && cas != 0
            && cas != *stamp
        {
            return Err(Status::CAS_MISMATCH);
        }
        self.last_cas = self.last_cas.checked_add(1).unwrap_or(1);
        self.values.insert(key, (value.to_vec(), self.last_cas));
        Ok(())
    }

    /// Every key of a scope, in order.
    pub(crate) fn keys<'a>(&'a self, vm_id: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.values
            .keys()
            .filter(move |(scope, _)| scope == vm_id)
            .map(|(_, key)| key.as_slice())
    }
}

/// The shared queues: an enqueue wakes the root context that registered the queue last.
#[derive(Default)]
pub(crate) struct SharedQueues {
    ids: BTreeMap<(String, Vec<u8>), u32>,
    queues: BTreeMap<u32, Queue>,
}

struct Queue {
    registrant: Registrant,
    items: VecDeque<Vec<u8>>,
}

/// Whom an enqueue wakes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Registrant {
    /// Number of the VM.
    pub(crate) vm: u32,
    /// Root context in it.
    pub(crate) root: u32,
}

impl SharedQueues {
    pub(crate) fn register(&mut self, vm_id: &str, name: &[u8], registrant: Registrant) -> u32 {
        let next = self.ids.len() as u32 + 1;
        let id = *self
            .ids
            .entry((vm_id.to_owned(), name.to_vec()))
            .or_insert(next);
        let queue = self.queues.entry(id).or_insert(Queue {
            registrant,
            items: VecDeque::new(),
        });
        queue.registrant = registrant;
        id
    }

    pub(crate) fn resolve(&self, vm_id: &str, name: &[u8]) -> Result<u32, Status> {
        let key = (vm_id.to_owned(), name.to_vec());
        self.ids.get(&key).copied().ok_or(Status::NOT_FOUND)
    }

    /// Answers whom to wake.
    pub(crate) fn enqueue(&mut self, id: u32, item: Vec<u8>) -> Result<Registrant, Status> {
        let queue = self.queues.get_mut(&id).ok_or(Status::NOT_FOUND)?;
        queue.items.push_back(item);
        Ok(queue.registrant)
    }

    pub(crate) fn dequeue(&mut self, id: u32) -> Result<Vec<u8>, Status> {
        let queue = self.queues.get_mut(&id).ok_or(Status::NOT_FOUND)?;
        queue.items.pop_front().ok_or(Status::EMPTY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_stamp_is_refused_and_0_writes_whatever_is_there() {
        let mut data = SharedData::default();
        data.set("vm", b"k", b"one", 0).unwrap();
        let (_, first) = data.get("vm", b"k").unwrap();
        data.set("vm", b"k", b"two", first).unwrap();
        assert_eq!(
            data.set("vm", b"k", b"three", first),
            Err(Status::CAS_MISMATCH)
        );
        assert_eq!(data.get("vm", b"k").unwrap().0, b"two");
        data.set("vm", b"k", b"four", 0).unwrap();
        assert_eq!(data.get("vm", b"k").unwrap().0, b"four");
    }

    #[test]
    fn stamps_grow_over_all_keys_and_scopes() {
        let mut data = SharedData::default();
        data.set("a", b"k", b"", 0).unwrap();
        data.set("b", b"k", b"", 0).unwrap();
        data.set("a", b"other", b"", 0).unwrap();
        let stamp = |vm_id, key: &[u8]| data.get(vm_id, key).unwrap().1;
        assert!(0 < stamp("a", b"k"));
        assert!(stamp("a", b"k") < stamp("b", b"k"));
        assert!(stamp("b", b"k") < stamp("a", b"other"));
    }

    #[test]
    fn an_empty_value_keeps_its_key_and_a_missing_key_is_not_found() {
        let mut data = SharedData::default();
        data.set("vm", b"k", b"", 0).unwrap();
        assert_eq!(data.get("vm", b"k"), Ok((Vec::new(), 1)));
        assert_eq!(data.get("vm", b"other"), Err(Status::NOT_FOUND));
        assert_eq!(data.get("another", b"k"), Err(Status::NOT_FOUND));
    }

    #[test]
    fn an_enqueue_wakes_the_last_that_registered() {
        let mut queues = SharedQueues::default();
        let first = queues.register("vm", b"q", Registrant { vm: 1, root: 1 });
        let again = queues.register("vm", b"q", Registrant { vm: 2, root: 1 });
        assert_eq!(first, again);
        assert_eq!(queues.resolve("vm", b"q"), Ok(first));
        assert_eq!(
            queues.enqueue(first, b"x".to_vec()),
            Ok(Registrant { vm: 2, root: 1 })
        );
        assert_eq!(queues.dequeue(first), Ok(b"x".to_vec()));
        assert_eq!(queues.dequeue(first), Err(Status::EMPTY));
        assert_eq!(queues.dequeue(99), Err(Status::NOT_FOUND));
    }
}
