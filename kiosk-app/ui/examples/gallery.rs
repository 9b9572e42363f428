//! Writes a picture of every screen, in every state and language: `gallery OUT [WIDTHxHEIGHT]`.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use kiosk_ui::{Headless, Screen, Size, WalletView};

#[path = "../tests/common/mod.rs"]
mod common;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let folder = PathBuf::from(
        arguments
            .next()
            .ok_or("usage: gallery OUT [WIDTHxHEIGHT]")?,
    );
    let size = arguments
        .next()
        .map_or(Ok(Size::PORTRAIT), |text| parse(&text))?;
    fs::create_dir_all(&folder)?;
    let headless = Headless::new(size, |_| ())?;
    for (name, view) in common::all_views() {
        headless.show(&view);
        let sees = matches!(
            view.screen,
            Screen::Capture(_) | Screen::Challenge(_) | Screen::Wallet(WalletView::Scan(_))
        );
        if sees {
            headless.preview(&common::preview(640, 480, -0.04));
        }
        headless.png(folder.join(format!("{name}.png")))?;
    }
    Ok(())
}

fn parse(text: &str) -> Result<Size, Box<dyn Error>> {
    let (width, height) = text.split_once('x').ok_or("a size is WIDTHxHEIGHT")?;
    Ok(Size {
        width: width.parse()?,
        height: height.parse()?,
    })
}
