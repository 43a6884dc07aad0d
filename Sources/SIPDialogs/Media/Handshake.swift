// SPDX-License-Identifier: Apache-2.0

extension MediaPlan {
  /// The keys come from a handshake between both ends (DTLS, RFC 5763), in the way of the sound.
  public struct Handshake: Sendable, Equatable, Codable {
    /// This end begins.
    public var isActive: Bool
    /// One of them is that of the far end's certificate.
    public var fingerprints: [Fingerprint]
    /// Which of this end's handshakes it is, in this call.
    public var association: UInt32
    /// The far end's `a=tls-id`; nil if it has none.
    public var farID: String?

    public init(isActive: Bool, fingerprints: [Fingerprint], association: UInt32 = 1, farID: String? = nil) {
      (self.isActive, self.fingerprints, self.association, self.farID) = (isActive, fingerprints, association, farID)
    }
  }
}

/// What a handshake has agreed on.
public struct HandshakeKeys: Sendable, Equatable, Codable {
  public var handshake: MediaPlan.Handshake
  public var sendKey: MediaPlan.Key
  public var receiveKey: MediaPlan.Key

  public init(handshake: MediaPlan.Handshake, sendKey: MediaPlan.Key, receiveKey: MediaPlan.Key) {
    (self.handshake, self.sendKey, self.receiveKey) = (handshake, sendKey, receiveKey)
  }
}

/// What a description says of a handshake.
struct HandshakeDescription: Equatable {
  /// RFC 4145, 4.
  enum Setup: String { case active, passive, actpass, holdconn }

  static let mostFingerprints = 2
  /// RFC 8842, 4.
  private static let lengthsOfID = 20...255

  var fingerprints: [Fingerprint]
  var setup: Setup?
  var farID: String?

  /// nil: none is described. Attributes of the session are for each of its media.
  init?(_ description: SessionDescription, _ audio: SessionDescription.Media) throws(NegotiationError) {
    func all(_ name: String) -> [String] {
      let own = audio.all(name)
      return own.isEmpty ? description.attributes.compactMap { $0.name == name ? $0.value : nil } : own
    }
    let values = all("fingerprint")
    guard let first = values.first else { return nil }
    let known = values.compactMap { Fingerprint($0) }
    // Whoever knows several hashes goes by the strongest (RFC 8122, 5).
    guard let best = Fingerprint.hashes.lazy.map(\.name).first(where: { name in known.contains { $0.hash == name } })
    else { throw .keys("“\(first.excerpt)” is no fingerprint of sha-256, sha-384 or sha-512") }
    fingerprints = Array(known.filter { $0.hash == best }.prefix(Self.mostFingerprints))
    setup = all("setup").first.flatMap { Setup(rawValue: $0.asciiLowercased) }
    farID = audio["tls-id"].flatMap { Self.isID($0) ? $0 : nil }
  }

  private static func isID(_ text: String) -> Bool {
    lengthsOfID.contains(text.utf8.count)
      && text.utf8.allSatisfy {
        $0.isDigit || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 || $0.isOne(of: "+/-_")
      }
  }

  /// Whether the far end goes on with what was agreed before (RFC 8842, 5).
  func continues(_ before: MediaPlan.Handshake) -> Bool {
    fingerprints == before.fingerprints && (farID == nil || before.farID == nil || farID == before.farID)
  }
}
