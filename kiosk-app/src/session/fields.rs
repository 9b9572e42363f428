//! The fields of a card that a resident may share: asked for by the service, off until the resident
//! says yes, and gone from the session with everything else of the card.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use hal::card::Personal;
use kiosk_ui::{CardField, FieldChoice};

use super::Session;
use super::state::State;

/// Fields that the resident agreed to.
pub type Agreed = BTreeSet<CardField>;

/// Contents of a card's fields; zeroed when dropped, and shown by no formatter.
#[derive(Default, PartialEq, Eq)]
pub struct CardFields(Vec<(CardField, Personal<String>)>);

impl CardFields {
    /// The fields, and nothing else.
    pub fn iter(&self) -> impl Iterator<Item = (CardField, &Personal<String>)> {
        self.0.iter().map(|(field, value)| (*field, value))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets everything that was not agreed to.
    pub fn keep_only(&mut self, agreed: &Agreed) {
        self.0.retain(|(field, _)| agreed.contains(field));
    }
}

impl FromIterator<(CardField, Personal<String>)> for CardFields {
    fn from_iter<T: IntoIterator<Item = (CardField, Personal<String>)>>(fields: T) -> Self {
        Self(fields.into_iter().collect())
    }
}

impl fmt::Debug for CardFields {
    /// Not even which fields there are: that is the resident's choice.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

impl Session {
    /// After "I agree" to the notice: which fields, if the service asks for any; else the card.
    pub(super) fn agreed_to_notice(&mut self, service: usize, now: Duration) {
        let fields = &self.service(service).rules.fields;
        if fields.is_empty() {
            return self.consent(service, Agreed::new(), now);
        }
        let required = fields.iter().filter(|field| field.required);
        let agreed = required.map(|field| field.name).collect();
        self.enter(State::ChoosingFields { service, agreed }, now);
    }

    /// The resident moved a switch. What is required has none.
    pub(super) fn share(&mut self, field: CardField, yes: bool) {
        let State::ChoosingFields { service, agreed } = &mut self.state else {
            return;
        };
        let asked = &self.services.at(*service).rules.fields;
        if !asked
            .iter()
            .any(|asked| asked.name == field && !asked.required)
        {
            return;
        }
        if yes {
            agreed.insert(field);
        } else {
            agreed.remove(&field);
        }
    }

    /// Whether the card has every field that the service cannot do without: a foreigner's card has no
    /// address, for one.
    pub(super) fn has_required(&self, service: usize, fields: &CardFields) -> bool {
        let asked = &self.service(service).rules.fields;
        let is_there = |name| fields.iter().any(|(field, _)| field == name);
        asked
            .iter()
            .all(|asked| !asked.required || is_there(asked.name))
    }

    /// The rows of the screen.
    pub(super) fn field_choices(&self, service: usize, agreed: &Agreed) -> Vec<FieldChoice> {
        let asked = self.service(service).rules.fields.iter();
        asked
            .map(|asked| FieldChoice {
                field: asked.name,
                purpose: asked.purpose(self.language).to_owned(),
                required: asked.required,
                agreed: agreed.contains(&asked.name),
            })
            .collect()
    }
}
