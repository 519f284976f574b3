/** Prints every shader that is compiled from now on. */
export async function printShaders(): Promise<void> {
  const name = 'webgpu'
  const { globals } = (await import(name)) as { globals: { GPUDevice: { prototype: GPUDevice } } }
  const { prototype } = globals.GPUDevice
  const { createShaderModule } = prototype
  prototype.createShaderModule = function (descriptor) {
    console.log(descriptor.label, descriptor.code)
    return createShaderModule.call(this, descriptor)
  }
}
