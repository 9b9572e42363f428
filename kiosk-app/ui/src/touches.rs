//! What a resident does on the screens, handed on as a [`Touch`].

use std::rc::Rc;

use slint::ComponentHandle;

use crate::slint_screens::{Api, App, CardField as Field, Language as Spoken};
use crate::{CardField, Language, Touch};

/// Connects every callback of the screens with `on_touch`.
pub(crate) fn connect(app: &App, on_touch: impl Fn(Touch) + 'static) {
    let on_touch = Rc::new(on_touch);
    let api = app.global::<Api>();
    let tell = |touch: Touch| {
        let on_touch = Rc::clone(&on_touch);
        move || on_touch(touch.clone())
    };
    api.on_begin(tell(Touch::Begin));
    api.on_agree(tell(Touch::Agree));
    api.on_stop(tell(Touch::Stop));
    api.on_cannot(tell(Touch::Cannot));
    api.on_print(tell(Touch::Print));
    api.on_keep_on_phone(tell(Touch::KeepOnPhone));
    api.on_without_key(tell(Touch::WithoutKey));
    api.on_bring_key(tell(Touch::BringKey));
    api.on_back(tell(Touch::Back));
    api.on_done(tell(Touch::Done));
    api.on_still_here(tell(Touch::StillHere));
    api.on_speak({
        let on_touch = Rc::clone(&on_touch);
        move |language| on_touch(Touch::Speak(language.into()))
    });
    api.on_share({
        let on_touch = Rc::clone(&on_touch);
        move |field, yes| on_touch(Touch::Share(field.into(), yes))
    });
    api.on_erase(tell(Touch::Erase));
    api.on_next(tell(Touch::Next));
    api.on_key({
        let on_touch = Rc::clone(&on_touch);
        move |text| text.chars().for_each(|key| on_touch(Touch::Key(key)))
    });
    api.on_choose(move |id| on_touch(Touch::Choose(id.into())));
}

impl From<Spoken> for Language {
    fn from(spoken: Spoken) -> Self {
        match spoken {
            Spoken::Chinese => Self::Chinese,
            Spoken::English => Self::English,
        }
    }
}

impl From<Field> for CardField {
    fn from(field: Field) -> Self {
        match field {
            Field::Name => Self::Name,
            Field::DocumentNumber => Self::DocumentNumber,
            Field::BirthDate => Self::BirthDate,
            Field::Sex => Self::Sex,
            Field::Ethnicity => Self::Ethnicity,
            Field::Address => Self::Address,
            Field::ValidUntil => Self::ValidUntil,
        }
    }
}
