//! The elliptic curves of travel documents behind one type: points and secrets as bytes, so
//! that protocols need not know which curve a document chose. The arithmetic is that of the
//! RustCrypto crates; every point that comes from outside is checked to be on the curve.

use std::fmt;

use ecdsa::EcdsaCurve;
use elliptic_curve::ops::Reduce;
use elliptic_curve::point::NonIdentity;
use elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use elliptic_curve::{
    CurveArithmetic, CurveGroup, FieldBytes, FieldBytesSize, Group, NonZeroScalar,
};
use zeroize::{Zeroize, Zeroizing};

use super::random::{Random, RandomError};

/// Draws until a number lies below the curve's order; each fails with at most one half.
const MAX_DRAWS: usize = 128;

/// The curves that are supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// NIST P-256, secp256r1.
    P256,
    /// NIST P-384, secp384r1.
    P384,
    /// NIST P-521, secp521r1.
    P521,
    /// brainpoolP256r1 (RFC 5639).
    BrainpoolP256r1,
    /// brainpoolP384r1 (RFC 5639).
    BrainpoolP384r1,
}

/// Why a calculation on a curve is not possible.
#[derive(Debug, thiserror::Error)]
pub enum CurveError {
    /// The bytes are no point of the curve, or the neutral one.
    #[error("what the other side sent is no usable point of the curve {0:?}")]
    Point(Curve),
    /// The number is zero or not below the curve's order.
    #[error("the secret is zero or too large for the curve {0:?}")]
    Secret(Curve),
    /// There is no randomness.
    #[error("failed to draw a secret")]
    Random(#[source] RandomError),
}

/// A point other than the neutral one, known to be on its curve. It may be a shared secret, so it is
/// zeroed when dropped and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Point {
    curve: Curve,
    /// Uncompressed (SEC 1, 2.3.3): 04, x, y.
    bytes: Encoded,
}

/// A point as bytes.
type Encoded = Zeroizing<Vec<u8>>;

/// A number between one and the curve's order; zeroed when dropped.
#[derive(Clone)]
pub struct Secret {
    curve: Curve,
    /// Big-endian, as long as the field.
    bytes: Zeroizing<Vec<u8>>,
}

/// Calls a generic function with the type that a [`Curve`] stands for.
macro_rules! on {
    ($curve:expr, $function:ident($($argument:expr),*)) => {
        match $curve {
            Curve::P256 => $function::<p256::NistP256>($($argument),*),
            Curve::P384 => $function::<p384::NistP384>($($argument),*),
            Curve::P521 => $function::<p521::NistP521>($($argument),*),
            Curve::BrainpoolP256r1 => $function::<bp256::BrainpoolP256r1>($($argument),*),
            Curve::BrainpoolP384r1 => $function::<bp384::BrainpoolP384r1>($($argument),*),
        }
    };
}

impl Curve {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::P256,
        Self::P384,
        Self::P521,
        Self::BrainpoolP256r1,
        Self::BrainpoolP384r1,
    ];

    /// The curve with this number among the standardised domain parameters (ICAO 9303-11,
    /// table 6).
    #[must_use]
    pub fn from_parameter_id(id: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.parameter_id() == id)
    }

    /// Its number among the standardised domain parameters.
    #[must_use]
    pub fn parameter_id(self) -> u32 {
        match self {
            Self::P256 => 12,
            Self::BrainpoolP256r1 => 13,
            Self::P384 => 15,
            Self::BrainpoolP384r1 => 16,
            Self::P521 => 18,
        }
    }

    /// A word for logs and results.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::BrainpoolP256r1 => "brainpoolP256r1",
            Self::BrainpoolP384r1 => "brainpoolP384r1",
        }
    }

    /// Bytes of a coordinate and of a secret.
    #[must_use]
    pub fn field_len(self) -> usize {
        match self {
            Self::P256 | Self::BrainpoolP256r1 => 32,
            Self::P384 | Self::BrainpoolP384r1 => 48,
            Self::P521 => 66,
        }
    }

    /// The curve's generator.
    #[must_use]
    pub fn generator(self) -> Point {
        Point {
            curve: self,
            bytes: on!(self, generator()),
        }
    }

    /// Reads a point.
    ///
    /// # Errors
    /// [`CurveError::Point`] for anything that is not on the curve, and for the neutral point.
    pub fn point(self, bytes: &[u8]) -> Result<Point, CurveError> {
        let bytes = on!(self, checked(bytes)).ok_or(CurveError::Point(self))?;
        Ok(Point { curve: self, bytes })
    }

    /// Reads a secret.
    ///
    /// # Errors
    /// [`CurveError::Secret`].
    pub fn secret(self, bytes: &[u8]) -> Result<Secret, CurveError> {
        let good = on!(self, is_secret(bytes));
        good.then(|| Secret {
            curve: self,
            bytes: Zeroizing::new(bytes.to_vec()),
        })
        .ok_or(CurveError::Secret(self))
    }

    /// Whether `signature` is one over `digest` by the key `public`; as DER, or r followed by s.
    pub(super) fn is_signature(
        self,
        public: &[u8],
        digest: &[u8],
        signature: &[u8],
        as_der: bool,
    ) -> bool {
        on!(self, is_signature(public, digest, signature, as_der)).is_some()
    }

    /// Draws a secret.
    ///
    /// # Errors
    /// [`CurveError::Random`].
    pub fn draw(self, random: &mut dyn Random) -> Result<Secret, CurveError> {
        let mut bytes = Zeroizing::new(vec![0; self.field_len()]);
        for _ in 0..MAX_DRAWS {
            random.fill(&mut bytes).map_err(CurveError::Random)?;
            if let (Self::P521, Some(top)) = (self, bytes.first_mut()) {
                *top &= 1; // 521 bits are 65 bytes and one bit
            }
            if let Ok(secret) = self.secret(&bytes) {
                return Ok(secret);
            }
        }
        Err(CurveError::Secret(self))
    }
}

impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[point of {}]", self.curve.name())
    }
}

impl Point {
    /// Its curve.
    #[must_use]
    pub fn curve(&self) -> Curve {
        self.curve
    }

    /// As bytes, uncompressed.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its first coordinate: the shared secret of a key agreement.
    #[must_use]
    pub fn x(&self) -> &[u8] {
        &self.bytes[1..=self.curve.field_len()]
    }

    /// The point times a secret: public key or key agreement.
    ///
    /// # Errors
    /// [`CurveError::Secret`] when the secret belongs to another curve.
    pub fn times(&self, secret: &Secret) -> Result<Self, CurveError> {
        if secret.curve != self.curve {
            return Err(CurveError::Secret(self.curve));
        }
        let bytes = on!(self.curve, times(&self.bytes, &secret.bytes));
        Ok(Self {
            curve: self.curve,
            bytes: bytes.ok_or(CurveError::Point(self.curve))?,
        })
    }

    /// PACE's generic mapping (ICAO 9303-11, 4.4.3.3.1): `nonce`·G + this point.
    ///
    /// # Errors
    /// [`CurveError::Point`] when that is the neutral point.
    pub fn map(&self, nonce: &[u8]) -> Result<Self, CurveError> {
        let bytes = on!(self.curve, map(&self.bytes, nonce));
        Ok(Self {
            curve: self.curve,
            bytes: bytes.ok_or(CurveError::Point(self.curve))?,
        })
    }
}

fn generator<C>() -> Encoded
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    C::AffinePoint: FromSec1Point<C> + ToSec1Point<C>,
{
    encode::<C>(&C::ProjectivePoint::generator())
}

fn checked<C>(bytes: &[u8]) -> Option<Encoded>
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    C::AffinePoint: FromSec1Point<C> + ToSec1Point<C>,
{
    let point = elliptic_curve::PublicKey::<C>::from_sec1_bytes(bytes).ok()?;
    Some(encode::<C>(&point.to_projective()))
}

fn is_secret<C: CurveArithmetic>(bytes: &[u8]) -> bool {
    scalar::<C>(bytes).is_some()
}

fn scalar<C: CurveArithmetic>(bytes: &[u8]) -> Option<NonZeroScalar<C>> {
    let repr = FieldBytes::<C>::try_from(bytes).ok()?;
    NonZeroScalar::<C>::from_repr(repr).into_option()
}

fn times<C>(point: &[u8], secret: &[u8]) -> Option<Encoded>
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    C::AffinePoint: FromSec1Point<C> + ToSec1Point<C>,
{
    let point = elliptic_curve::PublicKey::<C>::from_sec1_bytes(point).ok()?;
    let secret = Zeroizing::new(scalar::<C>(secret)?);
    let product = point.to_projective() * **secret;
    not_neutral::<C>(product)
}

fn map<C>(shared: &[u8], nonce: &[u8]) -> Option<Encoded>
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    C::AffinePoint: FromSec1Point<C> + ToSec1Point<C>,
{
    let shared = elliptic_curve::PublicKey::<C>::from_sec1_bytes(shared).ok()?;
    let mut repr = FieldBytes::<C>::default();
    let start = repr.len().checked_sub(nonce.len())?;
    repr[start..].copy_from_slice(nonce);
    let nonce = <C::Scalar as Reduce<FieldBytes<C>>>::reduce(&repr);
    let mapped = C::ProjectivePoint::generator() * nonce + shared.to_projective();
    not_neutral::<C>(mapped)
}

fn is_signature<C>(public: &[u8], digest: &[u8], signature: &[u8], as_der: bool) -> Option<()>
where
    C: EcdsaCurve + CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    C::AffinePoint: FromSec1Point<C> + ToSec1Point<C>,
    ecdsa::der::MaxSize<C>: elliptic_curve::array::ArraySize,
    <FieldBytesSize<C> as std::ops::Add>::Output:
        std::ops::Add<ecdsa::der::MaxOverhead> + elliptic_curve::array::ArraySize,
    ecdsa::SignatureSize<C>: elliptic_curve::array::ArraySize,
{
    let public = elliptic_curve::PublicKey::<C>::from_sec1_bytes(public).ok()?;
    let signature = if as_der {
        ecdsa::Signature::<C>::from_der(signature).ok()?
    } else {
        ecdsa::Signature::<C>::from_slice(signature).ok()?
    };
    ecdsa::hazmat::verify_prehashed(&public.to_projective(), digest, &signature).ok()
}

fn not_neutral<C>(point: C::ProjectivePoint) -> Option<Encoded>
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    C::AffinePoint: FromSec1Point<C> + ToSec1Point<C>,
{
    NonIdentity::new(point).into_option()?;
    Some(encode::<C>(&point))
}

fn encode<C>(point: &C::ProjectivePoint) -> Encoded
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    C::AffinePoint: FromSec1Point<C> + ToSec1Point<C>,
{
    let mut encoded = point.to_affine().to_sec1_point(false);
    let bytes = Zeroizing::new(encoded.as_bytes().to_vec());
    encoded.zeroize();
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::emrtd::random::OsRandom;

    #[test]
    fn both_sides_of_an_agreement_reach_the_same_point_on_every_curve() {
        for curve in Curve::ALL {
            let [a, b] = [(); 2].map(|()| curve.draw(&mut OsRandom).unwrap());
            let [pa, pb] = [&a, &b].map(|s| curve.generator().times(s).unwrap());
            assert_eq!(pa.times(&b).unwrap(), pb.times(&a).unwrap());
            assert_eq!(curve.point(pa.bytes()).unwrap(), pa);
            assert_eq!(Curve::from_parameter_id(curve.parameter_id()), Some(curve));
        }
    }

    #[test]
    fn what_is_not_on_the_curve_is_refused() {
        for curve in Curve::ALL {
            let mut bytes = curve.generator().bytes().to_vec();
            *bytes.last_mut().unwrap() ^= 1;
            assert!(curve.point(&bytes).is_err());
            assert!(curve.point(&[0]).is_err(), "the neutral point");
            assert!(curve.point(&[]).is_err());
            assert!(curve.secret(&vec![0; curve.field_len()]).is_err());
            assert!(curve.secret(&vec![0xFF; curve.field_len()]).is_err());
            assert!(curve.secret(&[1]).is_err());
        }
        let foreign = Curve::P256.draw(&mut OsRandom).unwrap();
        assert!(Curve::BrainpoolP256r1.generator().times(&foreign).is_err());
    }

    #[test]
    fn a_point_that_may_be_a_shared_secret_is_zeroed_when_dropped_and_never_shown() {
        fn is_zeroed_on_drop<T: zeroize::ZeroizeOnDrop>(_: &T) {}
        let Point { curve, bytes } = Curve::P256.generator();
        is_zeroed_on_drop(&bytes);
        let shown = format!("{:?}", Point { curve, bytes });
        assert_eq!(shown, "[point of P-256]");
    }
}
