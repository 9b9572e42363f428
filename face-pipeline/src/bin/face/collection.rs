//! A folder of people's images: whose they are, and which were taken on one occasion.
//!
//! In: `PERSON/…/OCCASION_n`. The first folder below the root is the person; folders below that, and
//! what a file's name has before its number, are occasions. Images in the root itself are each of
//! the subject that their occasion is named after. Out: people by name, their occasions by name, and
//! the images of each in the order of their numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// Images of one person, occasion by occasion.
pub struct Person {
    pub name: String,
    pub occasions: Vec<Occasion>,
}

/// Images taken in a row.
pub struct Occasion {
    /// Its path below the root, without the numbers.
    pub name: String,
    pub images: Vec<PathBuf>,
}

pub struct Collection {
    pub root: PathBuf,
    pub people: Vec<Person>,
    /// Images lie in the root itself, so that occasions stand for people.
    flat: bool,
    /// Links to folders that were read already.
    repeated: Vec<PathBuf>,
    /// Files that are no images that we read: how many of each kind, by what their names end in.
    others: BTreeMap<String, usize>,
}

#[derive(Debug, thiserror::Error)]
pub enum CollectionError {
    #[error("cannot list {path}", path = path.display())]
    List {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("no images (jpg, png, webp) in {path} or the folders in it{others}", path = path.display())]
    NoImages { path: PathBuf, others: String },
}

/// What names of JPEG, PNG and WebP files end in, in small or capital letters. What a file is its content
/// says.
const IMAGES: [&str; 7] = ["jpg", "jpeg", "jpe", "jfif", "jif", "png", "webp"];

impl Collection {
    pub fn read(root: &Path) -> Result<Self, CollectionError> {
        let mut walk = Walk::default();
        walk.folder(root)?;
        if walk.images.is_empty() {
            let others = match kinds(&walk.others) {
                kinds if kinds.is_empty() => kinds,
                kinds => format!(", but {kinds}"),
            };
            let path = root.into();
            return Err(CollectionError::NoImages { path, others });
        }
        let flat = walk.images.iter().any(|p| p.parent() == Some(root));
        Ok(Self {
            root: root.into(),
            people: sorted(root, &name(root), walk.images),
            flat,
            repeated: walk.repeated,
            others: walk.others,
        })
    }

    /// Leaves the images of these names only, or the whole occasions that one of them is of.
    pub fn keep(&mut self, names: &BTreeSet<&str>, whole_occasions: bool) {
        let root = &self.root;
        let named = |path: &PathBuf| names.contains(below(root, path).as_str());
        for person in &mut self.people {
            for occasion in &mut person.occasions {
                if !(whole_occasions && occasion.images.iter().any(named)) {
                    occasion.images.retain(named);
                }
            }
            person.occasions.retain(|o| !o.images.is_empty());
        }
        self.people.retain(|p| !p.occasions.is_empty());
    }

    pub fn occasions(&self) -> impl Iterator<Item = &Occasion> {
        self.people.iter().flat_map(|p| &p.occasions)
    }

    pub fn images(&self) -> impl Iterator<Item = &PathBuf> {
        self.occasions().flat_map(|o| &o.images)
    }

    /// An image's path below the root.
    pub fn name(&self, image: &Path) -> String {
        below(&self.root, image)
    }

    pub fn json(&self) -> Value {
        json!({
            "folder": self.root,
            "people": self.people.len(),
            "occasions": self.occasions().count(),
            "images": self.images().count(),
            "people_are_occasions": self.flat,
            "repeated_folders": self.repeated,
            "other_files": self.others,
        })
    }
}

/// What was found, and what of it a reader of the figures should know.
impl std::fmt::Display for Collection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let people = self.people.len();
        let root = self.root.display();
        write!(
            f,
            "{root}: {people} {}, {} occasions, {} images",
            if people == 1 { "person" } else { "people" },
            self.occasions().count(),
            self.images().count()
        )?;
        if self.flat {
            let what =
                "images in it are in no person's folder: of those each occasion counts as a person";
            write!(f, "\n  {what}")?;
        }
        for folder in &self.repeated {
            write!(f, "\n  left out, read before: {}", folder.display())?;
        }
        if !self.others.is_empty() {
            let kinds = kinds(&self.others);
            write!(f, "\n  left out, not jpg, png or webp: {kinds}")?;
        }
        if people < 2 {
            write!(
                f,
                "\n  of one person only: intervals over people say nothing"
            )?;
        }
        Ok(())
    }
}

fn below(root: &Path, image: &Path) -> String {
    let below = image.strip_prefix(root).unwrap_or(image);
    below.to_string_lossy().into_owned()
}

/// Every folder once, however links lead to it.
#[derive(Default)]
struct Walk {
    images: Vec<PathBuf>,
    seen: BTreeSet<PathBuf>,
    repeated: Vec<PathBuf>,
    others: BTreeMap<String, usize>,
}

impl Walk {
    fn folder(&mut self, folder: &Path) -> Result<(), CollectionError> {
        let failed = |source| CollectionError::List {
            path: folder.into(),
            source,
        };
        if !self.seen.insert(folder.canonicalize().map_err(failed)?) {
            self.repeated.push(folder.into());
            return Ok(());
        }
        let entries = std::fs::read_dir(folder).map_err(failed)?;
        let paths = entries.map(|entry| entry.map(|entry| entry.path()));
        let mut paths = paths.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        paths.sort();
        for path in paths {
            if path.is_dir() {
                self.folder(&path)?;
            } else if is_image(&path) {
                self.images.push(path);
            } else {
                *self.others.entry(kind(&path)).or_default() += 1;
            }
        }
        Ok(())
    }
}

fn is_image(path: &Path) -> bool {
    IMAGES.contains(&kind(path).as_str())
}

/// What a file's name ends in, in small letters.
fn kind(path: &Path) -> String {
    let kind = path.extension().unwrap_or_default();
    kind.to_string_lossy().to_ascii_lowercase()
}

/// How many files of each kind, in words.
fn kinds(others: &BTreeMap<String, usize>) -> String {
    let named = others.iter().map(|(kind, count)| match kind.as_str() {
        "" => format!("{count} without an ending"),
        kind => format!("{count} {kind}"),
    });
    named.collect::<Vec<_>>().join(", ")
}

/// By person, occasion and number.
fn sorted(root: &Path, root_name: &str, images: Vec<PathBuf>) -> Vec<Person> {
    let mut people = BTreeMap::<String, BTreeMap<String, Vec<(u64, PathBuf)>>>::new();
    for path in images {
        let (person, occasion, number) = whose(root, &path);
        let person = person.unwrap_or_else(|| root_name.to_owned());
        let occasions = people.entry(person).or_default();
        occasions.entry(occasion).or_default().push((number, path));
    }
    let occasion = |(name, mut images): (String, Vec<(u64, PathBuf)>)| {
        images.sort();
        let images = images.into_iter().map(|(_, path)| path).collect();
        Occasion { name, images }
    };
    let people = people.into_iter();
    people
        .map(|(name, occasions)| Person {
            name,
            occasions: occasions.into_iter().map(occasion).collect(),
        })
        .collect()
}

/// What a folder is called, however it was named.
fn name(folder: &Path) -> String {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.into());
    let last = whole.file_name().unwrap_or_default();
    last.to_string_lossy().into_owned()
}

/// Person, occasion and number of an image; numbers alone in the root name nobody.
fn whose(root: &Path, path: &Path) -> (Option<String>, String, u64) {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let (occasion, number) = numbered(&stem);
    let folders: Vec<_> = path
        .parent()
        .and_then(|folder| folder.strip_prefix(root).ok())
        .into_iter()
        .flatten()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    let named = (!occasion.is_empty()).then(|| occasion.to_owned());
    let person = folders.first().cloned().or(named);
    let mut within = folders;
    within.push(occasion.to_owned());
    (person, within.join("/"), number)
}

/// `OCCASION_12`, `OCCASION-12` and `OCCASION12` are number 12 of their occasion.
fn numbered(stem: &str) -> (&str, u64) {
    let occasion = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = stem[occasion.len()..].parse().unwrap_or(0);
    let separated = occasion.strip_suffix(['_', '-']).unwrap_or(occasion);
    (separated, number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collection(files: &[&str]) -> (tempfile::TempDir, Collection) {
        let root = tempfile::tempdir().expect("a folder");
        for file in files {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            std::fs::write(path, "").expect("a file");
        }
        let collection = Collection::read(root.path()).expect("images");
        (root, collection)
    }

    fn names(collection: &Collection) -> Vec<String> {
        collection.images().map(|i| collection.name(i)).collect()
    }

    #[test]
    fn sessions_of_a_person_are_occasions_and_no_people() {
        let (_root, found) = collection(&["anna/s1/1.jpg", "anna/s2/1.jpg", "ben/1.jpg"]);
        let people: Vec<_> = found.people.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(people, ["anna", "ben"]);
        assert_eq!(found.people[0].occasions.len(), 2);
        assert!(
            found
                .to_string()
                .contains("2 people, 3 occasions, 3 images")
        );
    }

    #[test]
    fn frames_follow_each_other_by_number() {
        let files = [
            "a/frame1.jpg",
            "a/frame10.jpg",
            "a/frame2.jpg",
            "a/vid1-9.jpg",
            "a/vid1-10.jpg",
            "a/vid2-1.jpg",
            "a/00_00_7.jpg",
            "a/00_00_63.jpg",
        ];
        let (_root, found) = collection(&files);
        let expected = [
            "a/00_00_7.jpg",
            "a/00_00_63.jpg",
            "a/frame1.jpg",
            "a/frame2.jpg",
            "a/frame10.jpg",
            "a/vid1-9.jpg",
            "a/vid1-10.jpg",
            "a/vid2-1.jpg",
        ];
        assert_eq!(names(&found), expected);
        let occasions: Vec<_> = found.occasions().map(|o| o.name.as_str()).collect();
        assert_eq!(occasions, ["a/00_00", "a/frame", "a/vid1", "a/vid2"]);
    }

    #[test]
    fn images_are_read_whatever_their_names_end_in_and_other_files_are_counted() {
        let files = [
            "a/1.jfif", "a/2.JPG", "a/3.Jpeg", "a/4.PNG", "a/5.bmp", "a/6.BMP", "a/7.pgm",
            "a/README",
        ];
        let (root, found) = collection(&files);
        assert_eq!(names(&found), files[..4]);
        let said = found.to_string();
        assert!(said.contains("1 without an ending, 2 bmp, 1 pgm"), "{said}");
        assert_eq!(found.json()["other_files"]["bmp"], 2);

        std::fs::create_dir(root.path().join("b")).expect("a folder");
        std::fs::write(root.path().join("b/1.tif"), "").expect("a file");
        let nothing = Collection::read(&root.path().join("b"))
            .err()
            .expect("no image");
        assert!(nothing.to_string().contains("but 1 tif"), "{nothing}");
    }

    #[test]
    fn in_a_flat_folder_occasions_stand_for_people_and_it_says_so() {
        let (_root, found) = collection(&["anna_1.jpg", "anna_2.jpg", "ben_1.jpg"]);
        assert_eq!(found.people.len(), 2);
        assert!(
            found
                .to_string()
                .contains("each occasion counts as a person")
        );
        let (root, found) = collection(&["1.jpg", "2.jpg"]);
        let folder = root.path().file_name().expect("a name").to_string_lossy();
        assert_eq!(found.people[0].name, folder, "a half is told by a name");
        assert!(found.to_string().contains("one person only"));
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_around_no_circle() {
        let (root, _) = collection(&["anna/1.jpg"]);
        std::os::unix::fs::symlink(root.path(), root.path().join("anna/up")).expect("a link");
        std::os::unix::fs::symlink(root.path().join("anna"), root.path().join("ben"))
            .expect("a link");
        let found = Collection::read(root.path()).expect("images");
        assert_eq!(names(&found), ["anna/1.jpg"]);
        assert_eq!(found.repeated.len(), 2);
    }
}
