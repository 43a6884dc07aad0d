// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The system's login manager (org.freedesktop.login1(5)).
@EventLoopActor
public final class LoginManager {
  private let service: BusService
  private static let path = "/org/freedesktop/login1"
  private static let interface = "org.freedesktop.login1.Manager"

  public init(bus: Bus) { service = bus.service("org.freedesktop.login1") }

  /// Something that is not to happen now; it may again as soon as this is gone.
  @EventLoopActor
  public final class Inhibitor {
    private let descriptor: Int32
    fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }
  }

  public enum Mode: String, Sendable {
    /// It does not happen, where policy lets the user ask for that.
    case block
    /// It waits for a few seconds (`InhibitDelayMaxSec=`).
    case delay
  }

  /// - Parameter what: `sleep`, `shutdown`, `idle` …
  public func inhibit(_ what: String, _ mode: Mode, who: String, why: String) async throws(BusError) -> Inhibitor {
    let descriptor = try await service.call(
      path: Self.path, interface: Self.interface, member: "Inhibit",
      [.string(what), .string(who), .string(why), .string(mode.rawValue)]
    ) { reply throws(BusError) in
      guard case .unixFD(let borrowed) = try reply.read() else { return Int32(-1) }
      return fcntl(borrowed, F_DUPFD_CLOEXEC, 3)
    }
    guard descriptor >= 0 else { throw BusError(BusError.failed, "the login manager gave no inhibitor") }
    return Inhibitor(descriptor)
  }

  /// `handler` gets true before the machine sleeps, and false after.
  public func onSleep(_ handler: @escaping @EventLoopActor (Bool) -> Void) throws(BusError) -> BusSlot {
    try onSignal("PrepareForSleep", handler)
  }

  /// `handler` gets true before the machine is shut down.
  public func onShutdown(_ handler: @escaping @EventLoopActor (Bool) -> Void) throws(BusError) -> BusSlot {
    try onSignal("PrepareForShutdown", handler)
  }

  private func onSignal(
    _ member: String, _ handler: @escaping @EventLoopActor (Bool) -> Void
  ) throws(BusError) -> BusSlot {
    try service.onSignal(path: Self.path, interface: Self.interface, member: member) { message in
      guard let value = try? message.read().asBool else { return }
      handler(value)
    }
  }

  /// Between the two calls of ``onSleep(_:)``.
  public func isAboutToSleep() async throws(BusError) -> Bool {
    try await property("PreparingForSleep", of: Self.path, Self.interface)
  }

  /// Lets this user's services run, from the machine's start on, while nobody is logged in; or not (loginctl(1),
  /// `enable-linger`). Policy may refuse it.
  public func setLinger(_ enabled: Bool) async throws(BusError) {
    try await service.call(
      path: Self.path, interface: Self.interface, member: "SetUserLinger",
      [.uint32(getuid()), .bool(enabled), .bool(false)], timeout: .seconds(20)
    ) { _ throws(BusError) in }
  }

  private func property(_ name: String, of path: String, _ interface: String) async throws(BusError) -> Bool {
    try await service.call(
      path: path, interface: "org.freedesktop.DBus.Properties", member: "Get",
      [.string(interface), .string(name)]
    ) { reply throws(BusError) in
      guard case .variant(.bool(let value)) = try reply.read() else { return false }
      return value
    }
  }
}
