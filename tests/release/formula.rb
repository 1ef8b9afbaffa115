# As much of Homebrew as a formula needs to tell what it is: prints that as JSON.
require "json"

module Language
  module Python
    module Virtualenv
    end
  end
end

class Formula
  TOLD = { "depends_on" => [], "resources" => {} }

  class << self
    %w[desc homepage url sha256 license].each do |word|
      define_method(word) { |value| (@resource || TOLD)[word] = value }
    end

    def depends_on(what)
      TOLD["depends_on"] << (what.is_a?(Hash) ? what.keys.first : what)
    end

    def resource(name)
      @resource = TOLD["resources"][name] = {}
      yield
      @resource = nil
    end

    def on_linux
      yield
    end

    def test; end
  end
end

load ARGV.fetch(0)
puts JSON.generate(Formula::TOLD)
