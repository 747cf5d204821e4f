//! The connections that are there, and which of them has to go when there is no room for all.

use std::{collections::HashMap, sync::Arc};

use tokio::task::Id;

use super::{activity::Activity, state::Overdue, unsent::Total};

/// By their tasks. Only the accept loop has it: requests take no lock for it.
#[derive(Default)]
pub(super) struct Guests(HashMap<Id, Arc<Activity>>);

impl Guests {
    pub(super) fn add(&mut self, task: Id, activity: Arc<Activity>) {
        self.0.insert(task, activity);
    }

    pub(super) fn remove(&mut self, task: Id) {
        self.0.remove(&task);
    }

    /// Asks for the place of the connection that has been idle for longest, if any is.
    pub(super) fn make_room(&self) {
        let idle = self
            .0
            .values()
            .filter_map(|guest| Some((guest.idle_since()?, guest)));
        if let Some((_, longest)) = idle.min_by_key(|(since, _)| *since) {
            longest.ask(Overdue::Place);
        }
    }

    /// Ends the connections whose answers have waited longest to be read, until the rest is within `total`'s
    /// limit. Who reads is not among them: its answers are young.
    pub(super) fn make_memory(&self, total: &Total) {
        let unsent = self.0.values().filter_map(|guest| {
            let (since, bytes) = guest.unsent()?;
            Some((since, bytes, guest))
        });
        let mut unsent: Vec<_> = unsent.collect();
        unsent.sort_unstable_by_key(|(since, ..)| *since);
        let mut bytes: usize = unsent.iter().map(|(_, bytes, _)| *bytes).sum();
        for (_, its, guest) in unsent {
            if bytes <= total.limit() {
                return;
            }
            guest.ask(Overdue::Memory);
            bytes -= its;
        }
    }
}
