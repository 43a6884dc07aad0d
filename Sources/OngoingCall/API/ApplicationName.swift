// SPDX-License-Identifier: Apache-2.0
package import CallModel

extension ReturnTarget.Application {
  package struct Malformed: Error {}

  /// Reads `org.example.App`, whose object is where the Desktop Entry Specification ("D-Bus Activation") puts it, or
  /// `org.example.App/path/of/its/object`.
  package init(_ text: String) throws(Malformed) {
    let name = String(text.prefix { $0 != "/" })
    let path = String(text.dropFirst(name.count))
    self.init(name: name, path: path.isEmpty ? Self.path(of: name) : path)
    guard BusRule.isName(self.name), BusRule.isPath(self.path) else { throw Malformed() }
  }

  private static func path(of name: String) -> String {
    "/" + String(name.map { $0 == "." ? "/" : $0 == "-" ? "_" : $0 })
  }
}
