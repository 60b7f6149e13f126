//! Values drawn for scanners: bar codes and QR codes, as the path of an SVG drawing.
//!
//! A bar code of thirteen digits is an EAN-13 (ISO/IEC 15420) when its check digit is right; every other text of ASCII is
//! a Code 128 (ISO/IEC 15417). A QR code (ISO/IEC 18004) holds any text. What cannot be drawn is shown as text alone.

use std::fmt::Write as _;

use barcoders::sym::code128::Code128;
use barcoders::sym::ean13::EAN13;
use qrcode::{Color, EcLevel, QrCode};

use crate::ui::context::Drawing;

/// The height of bars, in widths of the narrowest.
const BARS: usize = 40;
/// The empty margin that scanners need, in modules: ten beside bars, four around a QR code.
const BESIDE_BARS: usize = 10;
const AROUND_QR: usize = 4;

/// The drawing that a widget makes of a text; nothing for widgets that draw none, and for texts that do not fit in one.
pub fn of(widget: &str, text: &str) -> Option<Drawing> {
    match widget {
        _ if text.is_empty() => None,
        "barcode" => bars(text),
        "qr" => squares(text),
        _ => None,
    }
}

fn bars(text: &str) -> Option<Drawing> {
    // Begins with character set B: letters, digits and signs.
    let any = || Some(Code128::new(format!("\u{0181}{text}")).ok()?.encode());
    let modules = ean(text).or_else(any)?;
    let mut path = String::new();
    for (at, dark) in modules.iter().enumerate() {
        if *dark == 1 {
            let _ = write!(path, "M{} 0h1v{BARS}h-1z", at + BESIDE_BARS);
        }
    }
    Some(Drawing { width: modules.len() + 2 * BESIDE_BARS, height: BARS, path })
}

/// The modules of an EAN-13, when the thirteenth digit is the check digit of the others.
fn ean(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text.chars().map(|digit| digit.to_digit(10)).collect::<Option<_>>()?;
    let (check, others) = digits.split_last()?;
    let sum: u32 = others.iter().enumerate().map(|(at, digit)| if at % 2 == 0 { *digit } else { 3 * digit }).sum();
    let is_sound = others.len() == 12 && (10 - sum % 10) % 10 == *check;
    is_sound.then(|| EAN13::new(text.get(..12)?).ok())?.map(|code| code.encode())
}

fn squares(text: &str) -> Option<Drawing> {
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (at, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let _ = write!(path, "M{} {}h1v1h-1z", at % width + AROUND_QR, at / width + AROUND_QR);
        }
    }
    let side = width + 2 * AROUND_QR;
    Some(Drawing { width: side, height: side, path })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    /// Which modules of the first row are dark, without the margin.
    fn row(drawing: &Drawing) -> String {
        let dark: Vec<usize> = drawing
            .path
            .split('M')
            .filter_map(|bar| bar.split_once(" 0h")?.0.parse::<usize>().ok())
            .map(|at| at - BESIDE_BARS)
            .collect();
        (0..drawing.width - 2 * BESIDE_BARS).map(|at| if dark.contains(&at) { '1' } else { '0' }).collect()
    }

    #[test]
    fn a_number_with_its_check_digit_is_an_ean() {
        // The example of the GS1 General Specifications, section 5.2.
        let drawing = of("barcode", "2112345678900").unwrap();
        assert_eq!(drawing.width, 95 + 2 * BESIDE_BARS);
        assert!(row(&drawing).starts_with("101") && row(&drawing).ends_with("101"));
        assert_ne!(of("barcode", "2112345678901").unwrap().width, drawing.width, "a wrong check digit makes no EAN");
    }

    #[test]
    fn any_text_of_ascii_is_a_code_128() {
        let drawing = of("barcode", "AB-12.c").unwrap();
        // Start, seven characters, check and stop: eleven modules each, the stop thirteen.
        assert_eq!(drawing.width, 9 * 11 + 13 + 2 * BESIDE_BARS);
        assert!(row(&drawing).starts_with("11010010000"), "start B");
        assert_eq!(of("barcode", "Año"), None);
        assert_eq!(of("barcode", ""), None);
    }

    #[test]
    fn a_qr_code_holds_any_text() {
        let drawing = of("qr", "https://fichero.example/año").unwrap();
        assert_eq!(drawing.width, drawing.height);
        assert!(drawing.path.starts_with("M4 4h1v1h-1z"), "the finder in the corner");
        assert_eq!(of("qr", &"x".repeat(5000)), None);
        assert_eq!(of("email", "a"), None);
    }
}
