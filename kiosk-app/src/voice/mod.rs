//! What the kiosk says aloud: the words of the screen, in its language, and never anything about a
//! person. The words are those of the screens (`ui/words`); `render` makes sound files of them at
//! set-up, and the kiosk plays the files.

mod prompts;
pub mod render;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use hal::speaker::{Chime, Sound, SpeakerWorker};
use kiosk_ui::{Language, View};

use crate::config::Config;
use crate::errors::chain;
use crate::record::Record;
use crate::shell::Inbox;
pub use prompts::{Prompt, Urgency, prompt};

/// The speaker with its voices, and what was said last.
pub struct Voice {
    speaker: SpeakerWorker,
    sounds: BTreeMap<(&'static str, &'static str), Arc<Sound>>,
    chimes: [Arc<Sound>; 2],
    last: Option<(Language, Prompt)>,
}

impl Voice {
    /// Starts the speaker of the settings; none if there is none.
    pub fn start(config: &Config, inbox: &Inbox) -> Option<Self> {
        let driver = config.speaker.to_driver()?;
        let states = inbox.clone();
        let speaker = SpeakerWorker::spawn(driver, move |state| {
            states.record(Record::device("speaker", state));
        });
        Some(Self {
            speaker,
            sounds: load(&config.speaker.voices),
            chimes: [Chime::Good, Chime::Attention].map(|chime| Arc::new(Sound::chime(chime))),
            last: None,
        })
    }

    /// Says what this view says, if it says something new.
    pub fn see(&mut self, view: &View) {
        let now = prompt(view).map(|prompt| (view.language, prompt));
        if now == self.last {
            return;
        }
        self.last = now;
        let Some((language, prompt)) = now else {
            return self.speaker.hush();
        };
        let chime = prompt.chime.map(|chime| match chime {
            Chime::Good => Arc::clone(&self.chimes[0]),
            Chime::Attention => Arc::clone(&self.chimes[1]),
        });
        let spoken = prompt.words.iter().filter_map(|word| {
            let sound = self.sounds.get(&(render::tag(language), *word));
            sound.map(Arc::clone)
        });
        let sounds = chime.into_iter().chain(spoken).collect();
        match prompt.urgency {
            Urgency::Now => self.speaker.play_now(sounds),
            Urgency::Next => self.speaker.play_next(sounds),
        }
    }
}

/// The voices of a folder. What is missing is not said, and the technician finds it in the log.
fn load(folder: &Path) -> BTreeMap<(&'static str, &'static str), Arc<Sound>> {
    let mut sounds = BTreeMap::new();
    let mut missing = 0;
    for (language, word) in render::everything() {
        match Sound::read(&render::file(folder, language, word)) {
            Ok(sound) => {
                sounds.insert((language, word), Arc::new(sound));
            }
            Err(error) => {
                missing += 1;
                tracing::debug!(error = %chain(&error), "no voice");
            }
        }
    }
    if missing > 0 {
        tracing::warn!(missing, folder = %folder.display(), "voices are missing: run `kiosk voices`");
    }
    sounds
}
