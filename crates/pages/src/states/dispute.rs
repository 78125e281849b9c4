//! Disputes, as people read them.

use ordermill_domain::dispute::{Event, Reason, State};

use crate::icon::Icon;
use crate::ui::{Badge, Tone};
use crate::words::Words;

/// Where a dispute stands.
pub fn state(state: State, t: Words) -> Badge {
    let (tone, icon, word) = match state {
        State::NeedsResponse => (Tone::Red, Icon::Alert, t.dispute_needs_response()),
        State::UnderReview => (Tone::Blue, Icon::Hourglass, t.dispute_under_review()),
        State::Won => (Tone::Green, Icon::CircleCheck, t.dispute_won()),
        State::Lost => (Tone::Grey, Icon::X, t.dispute_lost()),
        State::Accepted => (Tone::Grey, Icon::ArrowBack, t.dispute_accepted()),
    };
    Badge::new(tone, icon, word)
}

/// Why a bank wants money back.
pub fn reason(reason: Reason, t: Words) -> &'static str {
    match reason {
        Reason::Fraudulent => t.dispute_fraudulent(),
        Reason::NotReceived => t.dispute_not_received(),
        Reason::NotAsDescribed => t.dispute_not_as_described(),
        Reason::Duplicate => t.dispute_duplicate(),
        Reason::CreditNotProcessed => t.dispute_credit_not_processed(),
        Reason::Other => t.dispute_other(),
    }
}

/// What happened to a dispute, for the timeline of its order.
pub(super) fn happened(event: &Event, t: Words) -> (Tone, Icon, String) {
    match event {
        Event::Opened(opened) => {
            let amount = ordermill_base::Money::new(opened.amount_minor, opened.currency);
            let text = t.happened_dispute_opened(amount, reason(opened.reason, t));
            (Tone::Red, Icon::Alert, text)
        }
        Event::Answered { .. } => (Tone::Blue, Icon::Send, t.happened_dispute_answered().into()),
        Event::AnswerRefused { .. } => {
            (Tone::Amber, Icon::Alert, t.happened_dispute_answer_refused().into())
        }
        Event::EvidenceSubmitted => {
            (Tone::Blue, Icon::Hourglass, t.happened_dispute_submitted().into())
        }
        Event::Accepted { .. } => {
            (Tone::Grey, Icon::ArrowBack, t.happened_dispute_accepted().into())
        }
        Event::Won { .. } => (Tone::Green, Icon::CircleCheck, t.happened_dispute_won().into()),
        Event::Lost { .. } => (Tone::Red, Icon::X, t.happened_dispute_lost().into()),
    }
}

crate::words! {
    dispute_needs_response = "待答复", "Needs a response";
    dispute_under_review = "银行审理中", "Under review";
    dispute_won = "已胜诉", "Won";
    dispute_lost = "已败诉", "Lost";
    dispute_accepted = "已接受", "Accepted";
    dispute_fraudulent = "盗刷", "Fraudulent";
    dispute_not_received = "未收到货", "Not received";
    dispute_not_as_described = "与描述不符", "Not as described";
    dispute_duplicate = "重复扣款", "Paid twice";
    dispute_credit_not_processed = "未退款", "Refund did not come";
    dispute_other = "其他", "Other";
    happened_dispute_opened(amount, reason) = "银行要求退回 {amount}：{reason}", "The bank wants {amount} back: {reason}";
    happened_dispute_answered = "已决定如何答复争议", "Decided how to answer the dispute";
    happened_dispute_answer_refused = "网关没有接受答复", "The gateway did not take the answer";
    happened_dispute_submitted = "证据已提交银行", "The evidence is with the bank";
    happened_dispute_accepted = "接受了争议，款项归买家", "Accepted the dispute; the money is the buyer's";
    happened_dispute_won = "争议胜诉，款项归还", "Won the dispute; the money is ours again";
    happened_dispute_lost = "争议败诉，款项归买家", "Lost the dispute; the money is the buyer's";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn no_two_states_or_reasons_share_a_word() {
        for language in Language::ALL {
            let t = Words::new(language);
            let states = State::ALL.map(|it| state(it, t).word).to_vec();
            let reasons = Reason::ALL.map(|it| reason(it, t).to_owned()).to_vec();
            for words in [states, reasons] {
                let distinct: std::collections::HashSet<&String> = words.iter().collect();
                assert_eq!(distinct.len(), words.len(), "{words:?}");
            }
        }
    }
}
