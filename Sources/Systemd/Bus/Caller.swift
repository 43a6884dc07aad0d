// SPDX-License-Identifier: Apache-2.0

/// Who calls, as far as the bus and the kernel tell.
public enum Caller: Equatable, Sendable {
  /// A program that has all that the user has.
  case unconfined
  case sandboxed(Sandbox)
  /// Why that cannot be found out.
  case unidentified(String)
}

extension Caller {
  /// What a process would be taken for if it called; `descriptor`, where there is one, is of it (pidfd_open(2)).
  @EventLoopActor
  public static func process(_ number: Int32, descriptor: Int32? = nil) -> Caller {
    SpareDescriptor.use { CallerProcess(number: number, descriptor: descriptor).identify() }
  }
}

/// What keeps an application from most of what is the user's.
public struct Sandbox: Hashable, Codable, Sendable {
  public enum Kind: String, Codable, Sendable {
    case flatpak, snap
  }

  public var kind: Kind
  /// The application's id, as portals have it: `org.example.App` of a Flatpak, `snap.NAME` of a Snap.
  public var application: String

  public init(_ kind: Kind, _ application: String) { (self.kind, self.application) = (kind, application) }

  public static let applicationBytes = 255
}
