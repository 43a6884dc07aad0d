// SPDX-License-Identifier: Apache-2.0
#if SIP
  internal import CCallMedia
  public import SIPDialogs

  extension CallMedia {
    /// A new certificate for the handshakes of one call; nil if the system has no randomness, or no memory.
    public static func makeCertificate() -> Certificate? {
      var made = media_certificate()
      guard media_make_certificate(&made) else { return nil }
      let certificate = withUnsafeBytes(of: made.certificate) { Array($0.prefix(Int(made.certificate_size))) }
      let key = withUnsafeBytes(of: made.key) { Array($0.prefix(Int(made.key_size))) }
      return Certificate(certificate: certificate, key: key, digest: withUnsafeBytes(of: made.digest) { Array($0) })
    }
  }
#endif
