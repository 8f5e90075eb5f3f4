// SPDX-License-Identifier: Apache-2.0
#include "tree.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <sys/stat.h>
#include <vector>

#include "base/cores.h"
#include "base/file.h"

namespace fs = std::filesystem;

namespace {

std::string with_all_replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
  return text;
}

std::string unescaped(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "\\x") == 0) {
      result += static_cast<char>(std::stoi(text.substr(i + 2, 2), nullptr, 16));
      i += 3;
    } else if (text.compare(i, 2, "\\0") == 0) {
      result += '\0';
      i += 1;
    } else {
      result += text[i];
    }
  }
  return result;
}

}  // namespace

Tree::Tree(const std::string& name) : Tree(Text{}, dnntune::base::read_text_file(fs::path(DNNTUNE_TREES) / (name + ".tree"))) {}
Tree Tree::of_text(const std::string& text) { return {Text{}, text}; }

Tree::Tree(Text, const std::string& text) {
  // A tree has hundreds of files: in memory, where the system has such a folder, they cost next to nothing.
  for (const fs::path& parent : {fs::path("/dev/shm"), fs::temp_directory_path()}) {
    std::string folder = (parent / "dnntune_tree.XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) continue;
    root_ = folder;
    break;
  }
  if (root_.empty()) throw std::runtime_error("no temporary folder");
  ::chmod(root_.c_str(), 0755);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && line.front() != '#') add(line);
}

Tree::~Tree() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

void Tree::add(const std::string& line) {
  const std::size_t open = line.find('{'), end = line.find_first_of(": ");
  if (open != std::string::npos && open < end) {
    const std::size_t close = line.find('}');
    const auto numbers = dnntune::base::parse_core_list(line.substr(open + 1, close - open - 1));
    if (!numbers || numbers->empty()) throw std::runtime_error("tree: " + line);
    for (const int number : *numbers) {
      const std::string text = std::to_string(number);
      add(with_all_replaced(line.substr(0, open) + text + line.substr(close + 1), "{}", text));
    }
    return;
  }
  if (end == std::string::npos || line.front() != '/') throw std::runtime_error("tree: " + line);
  const fs::path path = root_ / line.substr(1, end - 1);
  fs::create_directories(path.parent_path());
  const std::string rest = line.substr(end);
  if (rest.starts_with(":")) {
    std::ofstream(path, std::ios::app) << unescaped(rest.substr(std::min<std::size_t>(2, rest.size()))) << '\n';
  } else if (rest.starts_with(" -> /")) {
    fs::create_symlink(root_ / rest.substr(5), path);
  } else if (rest == " !folder") {
    fs::create_directory(path);
  } else if (rest == " !pipe") {
    if (::mkfifo(path.c_str(), 0644) != 0) throw std::runtime_error("tree: " + line);
  } else if (rest == " !denied") {
    std::ofstream(path) << "1024\n";
    ::chmod(path.c_str(), 0);
  } else {
    throw std::runtime_error("tree: " + line);
  }
}
