//! From a scene and a time to the frame that the camera would give.

use std::{sync::Arc, time::Duration};

use super::{
    HEIGHT, WIDTH,
    infrared::{self, Ink},
    person, phone, pose,
    relief::Relief,
    room,
    scene::{Scene, Side},
    sensor::Sensor,
    sheet,
    surface::{Node, Pose, Surface},
};
use crate::camera::{CameraError, Frame, FrameLayout, FramePool, PixelFormat};

/// What stands behind whoever comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backdrop {
    /// A plain hall, into which the person is cut.
    #[default]
    Hall,
    /// The background of the portrait, continued to all sides: without a seam round the person,
    /// but with traces of them when they are not there.
    Portrait,
}

impl Backdrop {
    fn room(self, relief: &Relief, seed: u64) -> Vec<u8> {
        match self {
            Self::Portrait => room::behind(relief),
            Self::Hall => room::plain_hall(seed),
        }
    }
}

/// Everything that can come before the camera, prepared once and shared.
pub struct Stage {
    person: Surface,
    cutout: Surface,
    sheet: Surface,
    phone: Option<Surface>,
    /// Behind nobody and behind the person.
    room: Vec<u8>,
    /// Behind the sheet: the hall, and the chest of who holds it.
    somebody: Vec<u8>,
    /// What is seen of a large screen, where that is not what it shows: in infrared light.
    screen: Option<Vec<u8>>,
    seed: u64,
}

impl Stage {
    /// Sets the stage for one portrait. The same seed gives the same frames.
    #[must_use]
    pub fn new(relief: &Relief, backdrop: Backdrop, seed: u64) -> Arc<Self> {
        Self::with_phone(relief, backdrop, seed, None)
    }

    /// As [`Stage::new`], for somebody whose phone shows this code.
    #[must_use]
    pub fn with_phone(
        relief: &Relief,
        backdrop: Backdrop,
        seed: u64,
        code: Option<&phone::Code>,
    ) -> Arc<Self> {
        let person = person::surface(relief);
        Arc::new(Self {
            cutout: person.flattened(),
            person,
            sheet: sheet::surface(relief, seed),
            phone: code.map(|code| phone::surface(Some(code))),
            room: backdrop.room(relief, seed),
            somebody: room::hall_with_somebody(seed),
            screen: None,
            seed,
        })
    }

    /// The same stage as a camera for infrared light sees it.
    #[must_use]
    pub fn in_infrared(relief: &Relief, backdrop: Backdrop, seed: u64, ink: Ink) -> Arc<Self> {
        let print = infrared::print(relief, ink);
        let somebody = infrared::room(&room::hall_with_somebody(seed));
        Arc::new(Self {
            person: person::surface(&infrared::person(relief)),
            cutout: person::surface(&print).flattened(),
            sheet: sheet::surface(&print, seed),
            phone: Some(phone::surface(None)),
            room: infrared::room(&backdrop.room(relief, seed)),
            screen: Some(infrared::screen(&somebody)),
            somebody,
            seed,
        })
    }

    pub(super) fn is_infrared(&self) -> bool {
        self.screen.is_some()
    }

    /// What is seen of a scene at a time since it began: the still background, and what moves.
    fn scenery(&self, scene: Scene, t: f32) -> (&[u8], Option<(&Surface, Pose)>) {
        match scene {
            Scene::Empty | Scene::Lost => (&self.room, None),
            Scene::Approach => (&self.room, Some((&self.person, self.approach(t)))),
            Scene::Live | Scene::Backlit => self.somebody_looking(t),
            Scene::Screen => match &self.screen {
                Some(glass) => (glass, None),
                None => self.somebody_looking(t),
            },
            Scene::Turns(side) => {
                let pose = pose::turning(self.seed, t, side);
                (&self.room, Some((&self.person, pose)))
            }
            Scene::Cutout => (&self.room, Some((&self.cutout, self.propped(t, None)))),
            Scene::CutoutTurns(side) => (
                &self.room,
                Some((&self.cutout, self.propped(t, Some(side)))),
            ),
            Scene::Phone => {
                let phone = self.phone.as_ref();
                let held = phone.map(|phone| (phone, pose::held(self.seed, t)));
                (&self.somebody, held)
            }
            Scene::Print => (
                &self.somebody,
                Some((&self.sheet, pose::held(self.seed, t))),
            ),
            Scene::PrintTurns(side) => {
                let pose = pose::held_turning(self.seed, t, side);
                (&self.somebody, Some((&self.sheet, pose)))
            }
        }
    }

    fn somebody_looking(&self, t: f32) -> (&[u8], Option<(&Surface, Pose)>) {
        let pose = pose::looking(self.seed, t);
        (&self.room, Some((&self.person, pose)))
    }

    fn propped(&self, t: f32, side: Option<Side>) -> Pose {
        pose::propped(self.seed, t, side)
    }

    fn approach(&self, t: f32) -> Pose {
        if t < pose::APPROACH_ENDS {
            pose::approaching(self.seed, t)
        } else {
            pose::looking(self.seed, t - pose::APPROACH_ENDS)
        }
    }
}

/// Makes the noise of the infrared camera's sensor another one.
const OTHER_SENSOR: u64 = 0x1F4A;

/// Renders frames of a stage into memory that is used again and again.
pub struct Renderer {
    stage: Arc<Stage>,
    sensor: Sensor,
    pool: FramePool,
    picture: Vec<u8>,
    /// What the sensor gives before it becomes grey.
    yuyv: Vec<u8>,
    nodes: Vec<Node>,
}

impl Renderer {
    /// A renderer of its own for this stage.
    #[must_use]
    pub fn new(stage: Arc<Stage>) -> Self {
        Self {
            sensor: Sensor::new(stage.seed ^ if stage.is_infrared() { OTHER_SENSOR } else { 0 }),
            stage,
            pool: FramePool::new(),
            picture: vec![0; WIDTH * HEIGHT * 3],
            yuyv: Vec::new(),
            nodes: Vec::new(),
        }
    }

    /// The frame of a scene at a time since the scene began: the same for the same arguments.
    /// Its time stamp is that time and its number zero. An unplugged camera is shown as an empty
    /// room; that it is unplugged is the device's business.
    ///
    /// # Errors
    /// None that this renderer causes; a frame checks its layout.
    pub fn render(&mut self, scene: Scene, since_start: Duration) -> Result<Frame, CameraError> {
        let shot = Exposed {
            at: since_start,
            sequence: 0,
            stops: 0.0,
        };
        self.frame(scene, since_start, shot)
    }

    /// As [`Renderer::render`], with the time stamp, number and exposure of a running camera.
    pub(super) fn frame(
        &mut self,
        scene: Scene,
        since_start: Duration,
        shot: Exposed,
    ) -> Result<Frame, CameraError> {
        let t = since_start.as_secs_f32();
        let stage = Arc::clone(&self.stage);
        let (background, moving) = stage.scenery(scene, t);
        self.picture.copy_from_slice(background);
        if let Some((surface, pose)) = moving {
            surface.draw(&pose, &mut self.nodes, &mut self.picture);
        }
        if scene == Scene::Backlit {
            backlight(&mut self.picture, background);
        }
        let layout = |format| FrameLayout::packed(WIDTH as u32, HEIGHT as u32, format);
        if stage.is_infrared() {
            self.yuyv.resize(WIDTH * HEIGHT * 2, 0);
            self.sensor
                .expose(&self.picture, t, shot.stops, &mut self.yuyv);
            let mut data = self.pool.take(WIDTH * HEIGHT);
            infrared::grey(&self.yuyv, &mut data);
            return Frame::new(data, layout(PixelFormat::Grey8), shot.at, shot.sequence);
        }
        let mut data = self.pool.take(WIDTH * HEIGHT * 2);
        self.sensor.expose(&self.picture, t, shot.stops, &mut data);
        Frame::new(data, layout(PixelFormat::Yuyv), shot.at, shot.sequence)
    }
}

/// How one frame of a running camera is taken.
pub(super) struct Exposed {
    pub(super) at: Duration,
    pub(super) sequence: u64,
    /// Light gathered beyond what the camera's automatic takes.
    pub(super) stops: f32,
}

/// Puts a bright window behind whoever moves before the background.
fn backlight(picture: &mut [u8], background: &[u8]) {
    /// Luminance of the window, and the share of light that is left on the person: 3.3 stops less.
    const WINDOW: u8 = 235;
    const SHADE: f32 = 0.35;
    let pixels = picture.chunks_exact_mut(3).zip(background.chunks_exact(3));
    for (pixel, behind) in pixels {
        if pixel == behind {
            pixel.fill(WINDOW);
        } else {
            pixel
                .iter_mut()
                .for_each(|value| *value = (SHADE * f32::from(*value)) as u8);
        }
    }
}
