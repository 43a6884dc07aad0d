// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
internal import Glibc

/// The syntax of names (D-Bus Specification, "Valid Names").
public enum BusSyntax {
  /// A connection's name, well-known or unique.
  public static func isName(_ text: String) -> Bool { sd_bus_service_name_is_valid(text) > 0 }

  /// The object that a manager has for a thing of that name, such as a unit.
  package static func path(_ prefix: String, _ name: String) -> String? {
    var path: UnsafeMutablePointer<CChar>?
    guard sd_bus_path_encode(prefix, name, &path) >= 0, let path else { return nil }
    defer { free(path) }
    return String(cString: path)
  }
}
