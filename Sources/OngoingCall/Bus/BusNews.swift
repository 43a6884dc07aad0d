// SPDX-License-Identifier: Apache-2.0

/// The signals of a service that are listened to.
package struct SignalRule: Sendable, Equatable {
  /// Its well-known name.
  package var service: String
  package var interface: String
  package var member: String
  /// The objects below this path, or all.
  package var folder: String?

  package init(of service: String, interface: String, member: String, below folder: String? = nil) {
    (self.service, self.interface, self.member, self.folder) = (service, interface, member, folder)
  }

  /// D-Bus Specification, "Match Rules". The sender in it keeps nobody's directed signal out.
  var match: String {
    "type='signal',sender='\(service)',interface='\(interface)',member='\(member)'"
      + (folder.map { ",path_namespace='\($0)'" } ?? "")
  }

  func covers(_ signal: borrowing BusMessage) -> Bool {
    guard signal.member == member, signal.interface == interface else { return false }
    guard let folder else { return true }
    return signal.path?.hasPrefix(folder + "/") ?? false
  }
}

/// What a connection hears without having asked.
package enum BusNews: Sendable, Equatable {
  /// Of the service itself: its sender owns the name.
  case signal(BusSignal)
  /// Another connection owns this name, or none: signals may have been missed.
  case ownerChanged(String)
  /// Signals came that were too many, or too large, to keep.
  case missed
}

/// News that wait to be looked at.
struct KeptNews {
  private var items: [BusNews] = []

  /// What is too much gives way to the news that something was missed.
  mutating func keep(_ item: BusNews) {
    if items.count == BusLimit.keptNews { items = [.missed] }
    items.append(item)
  }

  var isEmpty: Bool { items.isEmpty }

  mutating func next() -> BusNews? { items.isEmpty ? nil : items.removeFirst() }
}
