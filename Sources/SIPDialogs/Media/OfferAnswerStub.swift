public struct NegotiationError: Error { static let noSound = NegotiationError() }
public struct OfferAnswer: Sendable, Equatable, Codable {
  public enum Encryption: String, Sendable, Equatable, Codable { case off, offer, required }
  public struct Local: Sendable, Equatable, Codable {
    public var address: String, port: UInt16, controlPort: UInt16, codecs: [Codec], packetTime: UInt16?, encryption: Encryption, keyMaterial: [UInt8]
  }
  public init(local: Local, sessionID: UInt64, user: String) {}
  public mutating func offer(_ d: MediaPlan.Direction) -> String { "" }
  public mutating func accept(answer: String) throws(NegotiationError) -> MediaPlan { throw .noSound }
  public mutating func answer(offer: String, direction: MediaPlan.Direction) throws(NegotiationError) -> (sdp: String, plan: MediaPlan) { throw .noSound }
  public mutating func rollBack() {}
  func preview(_ a: String) -> MediaPlan? { nil }
  mutating func settle() -> Bool { true }
  mutating func move(address: String, port: UInt16, controlPort: UInt16) {}
  mutating func renewKey(_ k: [UInt8]) {}
}
