import { type Field } from '../input/field.js';
import { type Resource } from '../input/resource.js';

/** Finds a ConfigMap by name, as one container's pod would. */
export type FindConfigMap = (name: string) => Resource | undefined;

/** A container's environment as far as the manifests tell it, ConfigMaps in the same input included. */
export class Environment {
  private readonly values = new Map<string, Field>();
  /** Names whose value comes from a Secret, the downward API or a ConfigMap that is not in the input. */
  private readonly hidden = new Set<string>();
  /** Is a ConfigMap of `envFrom` not in the input, so that any name may be set by it? */
  private incomplete = false;

  constructor(
    readonly container: Field,
    private readonly configMaps: FindConfigMap,
  ) {
    for (const source of container.at('envFrom').items) this.addSource(source);
    for (const entry of container.at('env').items) this.addEntry(entry);
  }

  /** The field that holds the value of a variable. */
  get(name: string): Field | undefined {
    return this.values.get(name);
  }

  /** May the variable have a value that these manifests do not show? */
  mayHide(name: string): boolean {
    return !this.values.has(name) && (this.incomplete || this.hidden.has(name));
  }

  get names(): string[] {
    return [...this.values.keys(), ...this.hidden];
  }

  private addSource(source: Field): void {
    const prefix = source.at('prefix').text ?? '';
    const name = source.at('configMapRef', 'name').text;
    const configMap = this.configMap(name);
    // Secrets hold keys, hardly the settings of a drain.
    if (name !== undefined && !configMap) this.incomplete = true;
    if (!configMap) return;
    for (const [key, value] of configMap.root.at('data').entries)
      this.values.set(prefix + key, value);
  }

  private addEntry(entry: Field): void {
    const name = entry.at('name').text ?? '';
    const reference = entry.at('valueFrom', 'configMapKeyRef');
    const configMap = this.configMap(reference.at('name').text);
    const referenced = configMap?.root.at('data', reference.at('key').text ?? '');
    const value = entry.at('valueFrom').exists ? referenced : entry.at('value');
    this.values.delete(name);
    if (value?.exists) this.values.set(name, value);
    else if (entry.at('valueFrom').exists) this.hidden.add(name);
  }

  private configMap(name: string | undefined): Resource | undefined {
    return name === undefined ? undefined : this.configMaps(name);
  }
}
