// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
import CallModel
internal import Glibc

/// An object in an ``ExportedFolder``.
@EventLoopActor
public protocol FolderObject: BusObject {
  /// Whether the object exists for `caller`.
  func isVisible(to caller: Caller) -> Bool
}

/// Objects of one interface below a path, which come and go. For a caller that may not see an object, it does not
/// exist, whatever the caller asks: sd-bus answers as for a path that never existed.
@EventLoopActor
public final class ExportedFolder {
  private var slots: [OpaquePointer?] = [nil, nil]
  private unowned let bus: Bus
  private let path: String
  /// The name of the object that whoever sees everything may also call by this name; nil is none.
  public var alias: (@EventLoopActor (String) -> String?)?
  private var objects: [String: (exported: ExportedObject, object: any FolderObject)] = [:]

  init(
    on bus: Bus, _ pointer: OpaquePointer, at path: String, _ interface: BusInterface, named name: String
  ) throws(BusError) {
    (self.bus, self.path) = (bus, path)
    // Unretained: the slots are removed with this object.
    let userdata = Unmanaged.passUnretained(self).toOpaque()
    let table = try BusTable.of(interface)
    try BusError.check(
      sd_bus_add_fallback_vtable(
        pointer, &slots[0], path, name, table,
        { _, path, _, userdata, found, _ in
          guard let path, let userdata else { return 0 }
          let folder = Unmanaged<ExportedFolder>.fromOpaque(userdata).takeUnretainedValue()
          let text = String(cString: path)
          // sd-bus calls this on the loop's thread, where the object stays.
          nonisolated(unsafe) let result = found
          return EventLoopActor.assumeIsolated {
            guard let object = folder.object(at: text) else { return 0 }
            // Unretained: sd-bus uses it before anything else can happen to the folder.
            result?.pointee = Unmanaged.passUnretained(object).toOpaque()
            return 1
          }
        }, userdata), "export what is below \(path)")
    try BusError.check(
      sd_bus_add_node_enumerator(
        pointer, &slots[1], path,
        { _, _, userdata, nodes, _ in
          guard let userdata else { return 0 }
          let folder = Unmanaged<ExportedFolder>.fromOpaque(userdata).takeUnretainedValue()
          // As above.
          nonisolated(unsafe) let result = nodes
          return EventLoopActor.assumeIsolated { folder.list(result) }
        }, userdata), "list what is below \(path)")
  }

  deinit { EventLoopActor.assumeIsolated { for slot in slots { sd_bus_slot_unref(slot) } } }

  public subscript(name: String) -> (any FolderObject)? {
    get { objects[name]?.object }
    set { objects[name] = newValue.map { (ExportedObject(on: bus, $0), $0) } }
  }

  private func object(at path: String) -> ExportedObject? {
    guard path.hasPrefix(self.path + "/") else { return nil }
    var name = String(path.dropFirst(self.path.utf8.count + 1))
    if objects[name] == nil, bus.viewer ?? .unconfined == .unconfined { name = alias?(name) ?? name }
    return objects[name].flatMap { isVisible($0.object) ? $0.exported : nil }
  }

  private func isVisible(_ object: any FolderObject) -> Bool {
    bus.viewer.map { object.isVisible(to: $0) } ?? true
  }

  private func list(_ nodes: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?) -> Int32 {
    let names = objects.filter { isVisible($0.value.object) }.keys.sorted()
    guard !names.isEmpty else { return 0 }
    // sd-bus frees the list and the strings.
    let size = MemoryLayout<UnsafeMutablePointer<CChar>?>.stride
    guard
      let list = calloc(names.count + 1, size)?.bindMemory(
        to: UnsafeMutablePointer<CChar>?.self, capacity: names.count + 1)
    else { return -ENOMEM }
    for (index, name) in names.enumerated() { list[index] = strdup("\(path)/\(name)") }
    nodes?.pointee = list
    return 1
  }
}
