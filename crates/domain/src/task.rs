//! Tasks: what a person must do. One queue feeds every desk.

use serde::{Deserialize, Serialize};

use crate::code::coded;
use crate::ids::StaffId;
use crate::role::Role;

coded! {
    /// What is to be done.
    enum TaskKind {
        /// Find a location for an order that no location can ship.
        Sourcing = "sourcing",
        /// Put pieces of a canceled order back on their shelves.
        PutBack = "put_back",
        /// Count what lies in a bin: somebody found less than the books say.
        CountBin = "count_bin",
        /// Ask a buyer what should become of pieces that nobody has: another item, money, or waiting.
        ShortPick = "short_pick",
        /// Learn that pieces of a SKU were not where they should be.
        Shortage = "shortage",
        /// Decide the review of an order.
        Review = "review",
        /// Order more of a SKU that runs low.
        Replenishment = "replenishment",
        /// Complete an order of a channel that came without what is needed.
        IncompleteChannelOrder = "incomplete_channel_order",
        /// Say which SKU a channel means.
        UnknownSku = "unknown_sku",
        /// Look at money that is not what was asked.
        PaymentMismatch = "payment_mismatch",
        /// Look at a refund that the gateway keeps refusing.
        RefundFailed = "refund_failed",
        /// Answer a dispute, or accept it.
        Dispute = "dispute",
        /// Decide whether an order still leaves whose money its buyer's bank wants back: until then it stays.
        DisputedOrder = "disputed_order",
        /// Look at a message that cannot be processed.
        WebhookQuarantine = "webhook_quarantine",
        /// Look at deliveries that a receiver keeps refusing.
        DeliveryDeadLetter = "delivery_dead_letter",
        /// Find pieces that are on hand by the books and not on the shelf.
        StockDiscrepancy = "stock_discrepancy",
        /// Get a label for a parcel that no carrier takes.
        LabelFailed = "label_failed",
        /// Contact carrier and buyer about a parcel that is in trouble, and decide what is done.
        DeliveryException = "delivery_exception",
        /// Find a parcel that the buyer says has not come.
        NotReceived = "not_received",
        /// Approve what a colleague asks for.
        SecondApproval = "second_approval",
        /// Meet a deadline that is near, or answer for one that was breached.
        Deadline = "deadline",
        /// Look at a deadline whose command keeps failing.
        FailingDeadline = "failing_deadline",
        /// Look at an entry of the journal that a reader could not take in and has skipped.
        SkippedEntry = "skipped_entry",
    }
}

coded! {
    /// Where a task stands.
    enum TaskState {
        /// In the queue.
        Open = "open",
        /// Someone is at it.
        Claimed = "claimed",
        /// Done, with an outcome.
        Done = "done",
        /// No longer needed.
        Dropped = "dropped",
    }
}

coded! {
    /// What moves a task on.
    enum Step {
        /// Someone takes it.
        Claim = "claim",
        /// They put it back.
        Unclaim = "unclaim",
        /// It is done.
        Finish = "finish",
        /// Its cause is gone.
        Drop = "drop",
    }
}

/// A step that a task does not have at this point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a task that is {from} has no step {step}")]
pub struct InvalidTransition {
    /// Where the task stands.
    pub from: TaskState,
    /// What was asked.
    pub step: Step,
}

/// What people did about a task. That one was opened, or closed because its cause is gone, is told by
/// what caused it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// Somebody asked a second person: the actor of the entry.
    #[serde(rename = "task.asked")]
    Asked,
    /// Someone took it.
    #[serde(rename = "task.claimed")]
    Claimed {
        /// Who.
        by: StaffId,
    },
    /// They put it back.
    #[serde(rename = "task.unclaimed")]
    Unclaimed,
    /// It is done.
    #[serde(rename = "task.finished")]
    Finished,
    /// It is no longer needed.
    #[serde(rename = "task.dropped")]
    Dropped,
    /// Whoever had asked was handed what was made, which nobody else sees.
    #[serde(rename = "task.collected")]
    Collected,
}

impl Event {
    /// The stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Asked => "task.asked",
            Self::Claimed { .. } => "task.claimed",
            Self::Unclaimed => "task.unclaimed",
            Self::Finished => "task.finished",
            Self::Dropped => "task.dropped",
            Self::Collected => "task.collected",
        }
    }
}

impl TaskKind {
    /// Whether it ends by itself, by a decision elsewhere, and cannot be called done by hand.
    pub const fn ends_by_itself(self) -> bool {
        matches!(
            self,
            Self::Review
                | Self::Replenishment
                | Self::SecondApproval
                | Self::Sourcing
                | Self::LabelFailed
                | Self::DeliveryException
                | Self::Dispute
        )
    }

    /// Who does it, where nothing more exact is known: a deadline names its own owner.
    pub const fn owner(self) -> Role {
        match self {
            Self::Review
            | Self::Sourcing
            | Self::Shortage
            | Self::Replenishment
            | Self::UnknownSku
            | Self::WebhookQuarantine
            | Self::DeliveryDeadLetter
            | Self::DisputedOrder
            | Self::SecondApproval
            | Self::Deadline
            | Self::FailingDeadline
            | Self::SkippedEntry => Role::Operations,
            Self::IncompleteChannelOrder | Self::NotReceived | Self::ShortPick => Role::Service,
            Self::LabelFailed | Self::DeliveryException => Role::Logistics,
            Self::PaymentMismatch | Self::RefundFailed | Self::Dispute => Role::Finance,
            Self::StockDiscrepancy | Self::PutBack | Self::CountBin => Role::Warehouse,
        }
    }
}

impl TaskState {
    /// The whole life cycle. An open task may be finished at once, where claiming it first is no
    /// use.
    pub const fn after(self, step: Step) -> Result<Self, InvalidTransition> {
        match (self, step) {
            (Self::Open, Step::Claim) => Ok(Self::Claimed),
            (Self::Claimed, Step::Unclaim) => Ok(Self::Open),
            (Self::Open | Self::Claimed, Step::Finish) => Ok(Self::Done),
            (Self::Open | Self::Claimed, Step::Drop) => Ok(Self::Dropped),
            (from, step) => Err(InvalidTransition { from, step }),
        }
    }

    /// Whether someone still has to do something.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Claimed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::life_cycle;

    #[test]
    fn the_life_cycle() {
        insta::assert_snapshot!(life_cycle(TaskState::ALL, &Step::ALL, TaskState::after), @r"
        Open --Claim--> Claimed
        Open --Finish--> Done
        Open --Drop--> Dropped
        Claimed --Unclaim--> Open
        Claimed --Finish--> Done
        Claimed --Drop--> Dropped
        ");
    }

    #[test]
    fn every_task_has_an_owner() {
        let table: Vec<String> =
            TaskKind::ALL.map(|kind| format!("{kind}: {}", kind.owner())).into();
        insta::assert_snapshot!(table.join("\n"), @r"
        sourcing: operations
        put_back: warehouse
        count_bin: warehouse
        short_pick: service
        shortage: operations
        review: operations
        replenishment: operations
        incomplete_channel_order: service
        unknown_sku: operations
        payment_mismatch: finance
        refund_failed: finance
        dispute: finance
        disputed_order: operations
        webhook_quarantine: operations
        delivery_dead_letter: operations
        stock_discrepancy: warehouse
        label_failed: logistics
        delivery_exception: logistics
        not_received: service
        second_approval: operations
        deadline: operations
        failing_deadline: operations
        skipped_entry: operations
        ");
    }
}
