// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import Systemd

/// Follows whether a notification server holds notifications back, as far as it or its desktop says so.
@EventLoopActor
final class QuietFollower {
  private static let properties = "org.freedesktop.DBus.Properties"
  private static let settings = (name: "ca.desrt.dconf", path: "/ca/desrt/dconf/Writer/user")
  private static let xfconf = (name: "org.xfce.Xfconf", path: "/org/xfce/Xfconf")

  private let changed: @EventLoopActor (Bool?) -> Void
  private var slot: BusSlot?
  private var starts: BusSlot?
  /// What was read last, or is being read, may be old.
  private var (isReading, isOld) = (false, false)

  /// - Parameter changed: nil is a server that does not say.
  init?(
    _ source: QuietSource, of server: BusService, at path: String, on bus: Bus,
    changed: @escaping @EventLoopActor (Bool?) -> Void
  ) {
    self.changed = changed
    switch source {
    case .property(let name, let interface, let signal): follow(name, of: interface, signal, server, path)
    case .settings(let folder, let keys): follow(keys, in: folder, bus)
    case .xfconf(let channel, let property): follow(property, in: channel, bus.service(Self.xfconf.name))
    }
    guard slot != nil else { return nil }
  }

  // MARK: A property

  private func follow(_ name: String, of interface: String, _ signal: String?, _ server: BusService, _ path: String) {
    let ask: @EventLoopActor () -> Void = { [weak self] in
      server.call(
        path: path, interface: Self.properties, member: "Get", [.string(interface), .string(name)], timeout: nil
      ) { reply throws(BusError) -> Bool? in
        guard case .variant(let value) = try reply.read() else { return nil }
        return value.asBool
      } answer: {
        self?.changed((try? $0.get()) ?? nil)
      }
    }
    // What has changed may be in the signal or not: it is asked for.
    if let signal {
      slot = try? server.onSignal(path: path, interface: interface, member: signal) { _ in ask() }
    } else {
      slot = try? server.onSignal(
        path: path, interface: Self.properties, member: "PropertiesChanged", arg0: interface
      ) { _ in ask() }
    }
    ask()
  }

  // MARK: Settings of Xfce

  private func follow(_ property: String, in channel: String, _ settings: BusService) {
    let ask: @EventLoopActor () -> Void = { [weak self] in
      settings.call(
        path: Self.xfconf.path, interface: Self.xfconf.name, member: "GetProperty",
        [.string(channel), .string(property)]
      ) { reply throws(BusError) -> Bool? in
        guard case .variant(let value) = try reply.read() else { return nil }
        return value.asBool
      } answer: {
        switch $0 {
        case .success(let isQuiet): self?.changed(isQuiet)
        // It was never set.
        case .failure(let error): self?.changed(error.name.hasSuffix("NotFound") ? false : nil)
        }
      }
    }
    slot = try? settings.onSignal(
      path: Self.xfconf.path, interface: Self.xfconf.name, member: "PropertyChanged", arg0: channel
    ) { _ in ask() }
    starts = try? settings.onOwner { if $0 != nil { ask() } }
  }

  // MARK: Settings

  private func follow(_ keys: [String: Bool], in folder: String, _ bus: Bus) {
    slot = try? bus.service(Self.settings.name).onSignal(
      path: Self.settings.path, interface: "ca.desrt.dconf.Writer", member: "Notify", about: folder
    ) { [weak self] _ in self?.read(keys, in: folder) }
    read(keys, in: folder)
  }

  private func read(_ keys: [String: Bool], in folder: String) {
    guard !isReading else { return isOld = true }
    (isReading, isOld) = (true, false)
    let paths = keys.keys.map { folder + $0 }
    EventLoopActor.task { [weak self] in
      let found: [String: Bool]? = try? await FileWorker.shared.ask(.settings(paths), about: DesktopSettings.shownPlace)
      guard let self else { return }
      isReading = false
      // What is not set is as the desktop has it by itself.
      changed(found.map { found in keys.contains { found[folder + $0] == $1 } })
      if isOld { read(keys, in: folder) }
    }
  }
}
