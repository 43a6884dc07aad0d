// SPDX-License-Identifier: Apache-2.0

/// A caller, as far as the bus and the kernel identify it.
public enum Caller: Equatable, Sendable {
  /// A program with all of the user's rights.
  case unconfined
  case sandboxed(Sandbox)
  /// It cannot be identified, for this reason.
  case unidentified(String)
}

extension Caller {
  /// What a process would count as if it called. `descriptor`, if given, must belong to it (pidfd_open(2)).
  @EventLoopActor
  public static func process(_ number: Int32, descriptor: Int32? = nil) -> Caller {
    SpareDescriptor.use { CallerProcess(number: number, descriptor: descriptor).identify() }
  }
}

/// What confines an application.
public struct Sandbox: Hashable, Codable, Sendable {
  public enum Kind: String, Codable, Sendable {
    case flatpak, snap
  }

  public var kind: Kind
  /// The application's id as portals use it: `org.example.App` for a Flatpak, `snap.NAME` for a Snap.
  public var application: String

  public init(_ kind: Kind, _ application: String) { (self.kind, self.application) = (kind, application) }

  public static let applicationBytes = 255
}
