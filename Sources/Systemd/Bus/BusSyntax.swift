// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
internal import Glibc

/// The syntax of names (D-Bus Specification, "Valid Names").
public enum BusSyntax {
  /// Whether it is a connection's name, well-known or unique.
  public static func isName(_ text: String) -> Bool { sd_bus_service_name_is_valid(text) > 0 }

  /// The path that a manager gives to the object of that name, such as a unit.
  package static func path(_ prefix: String, _ name: String) -> String? {
    var path: UnsafeMutablePointer<CChar>?
    guard sd_bus_path_encode(prefix, name, &path) >= 0, let path else { return nil }
    defer { free(path) }
    return String(cString: path)
  }
}
