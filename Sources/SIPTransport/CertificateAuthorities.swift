// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CSofia

  /// Who may have signed the certificates of servers; the system's, if nobody says otherwise.
  public enum CertificateAuthorities {
    public struct Unreadable: Error, CustomStringConvertible {
      public let description: String
    }

    /// For the whole process, and for connections that are made later. If it throws, no certificate is trusted.
    public static func use(file: String) throws(Unreadable) {
      var why = [CChar](repeating: 0, count: 256)
      guard !csofia_tls_trust(file, &why, why.count) else { return }
      let reason = why.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
      throw Unreadable(description: String(decoding: reason, as: UTF8.self))
    }
  }
#endif
