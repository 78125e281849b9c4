//! What readers of the journal do behind what happens: buyers are told of their orders, others of
//! everything, and pieces that came in go to those who wait.

use ordermill_app::message::news;
use ordermill_app::order::fill;
use ordermill_app::permission::Principal;
use ordermill_app::reader::{Reader, Reading, Step};
use ordermill_app::shipment::leave;
use ordermill_app::webhook::delivery::{Replayed, replay_range};
use ordermill_app::webhook::reader as deliveries;
use ordermill_base::{Id, Span};
use ordermill_domain::ids::EndpointId;
use ordermill_storage::{Error, Tx, journal, webhook};

use super::{Shop, operator, told};
use crate::bug::Bug;
use crate::ground;
use crate::model::Wrong;

/// Sends until nothing is due, at most so often: what fails is put off.
const ROUNDS: usize = 50;

impl Shop {
    /// The journal is read for news, and messages are sent.
    pub(super) fn buyers_are_told(&mut self) -> Result<(), Wrong> {
        self.read_on("messages", news::reader())?;
        Bug::after_reading_news(self.bug, &mut self.world);
        let services = self.world.services();
        let sent = self.world.run(async move {
            for _ in 0..ROUNDS {
                if services.messages().send_due().await? == 0 {
                    break;
                }
            }
            Ok::<_, Error>(())
        });
        self.settled("messages", sent)?;
        match self.world.mailbox.kept().changed.take() {
            Some(id) => Err(format!("message {id} went to two people")),
            None => Ok(()),
        }
    }

    /// What came in goes to those who wait for it.
    pub(super) fn backorders_are_filled(&mut self) -> Result<(), Wrong> {
        self.read_on(fill::READER, Reader::backorders())
    }

    /// A reader of the journal reads to its end, or dies on the way.
    pub(super) fn read_on(&mut self, name: &'static str, reader: Reader) -> Result<(), Wrong> {
        let (database, now) = (self.world.database(), self.world.now());
        let holder = format!("process {}", self.world.crashes);
        let read = self.world.run(async move {
            let mut reading = Reading::new(reader, database, holder);
            loop {
                match reading.step(now).await? {
                    Step::Read(_) => {}
                    Step::Skipped(at) => return Ok(Some(at)),
                    Step::Idle | Step::PutOff(_) | Step::Elsewhere => return Ok(None),
                }
            }
        });
        match read {
            Some(Ok(Some(at))) => {
                return Err(format!("reader {name} cannot take in {}", at.position));
            }
            Some(Err(error)) => {
                let error: Error = error;
                return Err(format!("reader {name}: {}", told(&error)));
            }
            Some(Ok(None)) | None => {}
        }
        self.listen()?;
        if name == fill::READER {
            let read = self.world.look(|tx| journal::cursor(tx, name)).position.raw();
            return self.model.arrivals_are_read(read);
        }
        if name == leave::READER {
            let read = self.world.look(|tx| journal::cursor(tx, name)).position.raw();
            return self.model.parcels_are_followed(read);
        }
        if name == "messages" {
            let read = self.world.look(|tx| journal::cursor(tx, name)).position.raw();
            self.model.news_are_read(read, now.as_micros());
        }
        Ok(())
    }

    /// The journal is read for those who want to be told, and webhooks are sent.
    pub(super) fn others_are_told(&mut self) -> Result<(), Wrong> {
        self.read_on(deliveries::READER, Reader::webhooks())?;
        Bug::after_making_deliveries(self.bug, &mut self.world);
        let sender = self.world.sender();
        let sent = self.world.run(async move { sender.send_due().await });
        self.settled("webhooks", sent)?;
        match self.world.receivers.got().wrong.take() {
            Some(wrong) => Err(wrong),
            None => Ok(()),
        }
    }

    /// Nobody fails any more: everything is told.
    pub(super) fn everything_is_told(&mut self) -> Result<(), Wrong> {
        for _ in 0..ROUNDS {
            self.buyers_are_told()?;
            self.others_are_told()?;
            let sql = "SELECT (SELECT COUNT(*) FROM messages WHERE state = 'waiting')
                + (SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'waiting')";
            let waiting = self.world.look(|tx| tx.query_one(sql, &[], |row| row.int()));
            if waiting == 0 && !self.model.has_unread_news() {
                return Ok(());
            }
            self.world.clock.move_by(Span::hours(2));
        }
        Err("not everything is told, although nobody fails".to_owned())
    }

    /// Somebody has lost what they were told, and gets the last hours again.
    pub(super) fn something_is_told_again(&mut self) -> Result<(), Wrong> {
        let (url, _) = *self.random.pick(&ground::ENDPOINTS);
        let now = self.world.now();
        let (from, to) = (now - Span::hours(self.random.between(1, 90)), now + Span::hours(1));
        let endpoint = self.endpoint_at(url)?;
        let act = operator(now);
        let database = self.world.database();
        let before = self.world.receivers.got().arrived(url);
        let replayed = self.world.run(async move {
            let mut count = 0;
            let mut behind = None;
            loop {
                let act = act.clone();
                let again = move |tx: &mut Tx<'_>| {
                    let principal = Principal::system("sim");
                    replay_range(tx, &principal, &act, endpoint, (from, to), behind)
                };
                let Replayed { count: more, next } =
                    database.write(again).await.map_err(|error| error.to_string())?;
                count += more;
                match next {
                    Some(next) => behind = Some(next),
                    None => return Ok::<_, Wrong>(count),
                }
            }
        });
        let count = replayed.ok_or("nobody dies in the evening")??;
        self.everything_is_told()?;
        let after = self.world.receivers.got().arrived(url);
        let again =
            after.iter().filter(|(id, times)| **times > before.get(id).copied().unwrap_or(0));
        let again = again.count() as u64;
        if again < count {
            return Err(format!("{count} events are told again to {url}, {again} arrive"));
        }
        Ok(())
    }

    fn endpoint_at(&mut self, url: &str) -> Result<EndpointId, Wrong> {
        let all = self.world.look(|tx| webhook::list(tx, None, 100));
        let found = all.into_iter().find(|endpoint| endpoint.url == url);
        found.map(|endpoint| endpoint.id).ok_or_else(|| format!("nobody is at {url}"))
    }
}
